/**
 * A notebook's cells are not type-checked. Whatever is called with whatever, the answer is a result or one sentence of
 * ours, never the engine's "Cannot read properties of undefined".
 */
import assert from "node:assert/strict";
import * as lab from "#lab";
import { type Called, calls, isPlain, outcome } from "./calls.ts";
import { classCalls } from "./class_calls.ts";
import { functionCalls } from "./function_calls.ts";
import { holdings } from "./things.ts";

/** What somebody may give by mistake instead. */
const WRONG: readonly unknown[] = [
  undefined,
  null,
  "",
  {},
  [],
  [null],
  [{}],
  0.001,
  true,
  "nonsense",
  () => undefined,
];

/** Calls that would leave files where the tests run. */
const LEAVES_FILES = new Set(["createRecording", "openRecording", "repairRecording", "exportMonitoringData"]);

/** The engine's own words, also those that begin as ours do. */
const OF_THE_ENGINE =
  /Cannot (read propert|convert|destructure|use 'in'|mix|assign)|is not a function|is not iterable|is not defined|undefined is not|null is not|not a constructor|Invalid (array|typed|time)|private (member|method|field)|Failed to execute|Reduce of empty|is not an? (object|instance)|object null/;

/** A sentence of ours, the reason of a signal, or what the system says of a host. */
function isSentence({ message, name }: Error): boolean {
  return /^failed to lookup address/.test(message) ||
    /^Cannot /.test(message) && !OF_THE_ENGINE.test(message) || name === "AbortError";
}

/** Arguments that the lab itself makes, by position: they are wanted whole, and what is in them is not looked through. */
const MADE_BY_THE_LAB: Readonly<Record<string, number>> = {
  correlationChart: 0,
  downsample: 0,
  histogramsOf: 0,
  readLimit: 1,
  renderReport: 0,
  runSummaryLines: 0,
  sampleTable: 0,
  servePage: 0,
  summariesOf: 0,
  writeBenchmark: 0,
  "MemorySource.append": 2,
  "RecordingWriter.addEvent": 0,
  "RecordingWriter.addFacts": 0,
  "RecordingWriter.addRequest": 0,
  "RecordingWriter.append": 2,
  "RecordingWriter.fail": 2,
  "RecordingWriter.addScrape": 2,
  "SeriesStore.append": 2,
};

/** Made by the lab and caught by its users, and answers of a server that is not there: only their methods' existence counts. */
const NOT_CALLED =
  /^(new SampleError|new WorkloadError|PrometheusSource\.|toDataFrame$|Recording\.close$|VirtualClock\.sleepUntil$|SimulatedVllm\.restart$|sleep$)/;

/** All wrong calls: too few arguments, one wrong argument, one wrong or unknown option. */
function* wrongCalls(called: Called): Generator<readonly [string, readonly unknown[]]> {
  const count = called.args().length;
  for (let length = 0; length < count; length++) {
    yield [`${length} arguments`, called.args().slice(0, length)];
  }
  for (let at = 0; at < count; at++) {
    const replaced = (value: unknown) => called.args().map((each, index) => index === at ? value : each);
    for (const wrong of WRONG) yield [`argument ${at}: ${inWords(wrong)}`, replaced(wrong)];
    const right = called.args()[at];
    if (!isPlain(right) || MADE_BY_THE_LAB[called.name] === at) continue;
    yield [`argument ${at}: unknown option`, replaced({ ...right, unheardOf: 1 })];
    for (const name of Object.keys(right)) {
      for (const wrong of WRONG) {
        // Of a function it cannot be told what it will give.
        if (typeof wrong === "function" && typeof right[name] === "function") continue;
        const options = called.args()[at] as object;
        yield [`argument ${at}.${name}: ${inWords(wrong)}`, replaced({ ...options, [name]: wrong })];
      }
    }
  }
}

function inWords(value: unknown): string {
  return typeof value === "function" ? "function" : JSON.stringify(value) ?? "undefined";
}

function mayRun({ name }: Called, args: readonly unknown[]): boolean {
  if (!LEAVES_FILES.has(name)) return true;
  const texts = args.flatMap((each) => isPlain(each) ? [each.directory] : [each]);
  return texts.every((each) => typeof each !== "string" || each === "" || each.startsWith("/"));
}

Deno.test("everything exported answers a wrong call with a result or a sentence of its own", async () => {
  const held = await holdings();
  const failures: string[] = [];
  let made = 0;
  for (const called of calls(held)) {
    if (NOT_CALLED.test(called.name)) continue;
    const right = await outcome(called, called.args());
    if (right !== undefined && !(isSentence(right))) failures.push(`${called.name} (right): ${right.stack}`);
    else if (right !== undefined) failures.push(`${called.name} (right) refused: ${right.message}`);
    for (const [what, args] of wrongCalls(called)) {
      if (!mayRun(called, args)) continue;
      made++;
      const error = await outcome(called, args);
      if (error !== undefined && !isSentence(error)) {
        failures.push(`${called.name}, ${what}: ${error.name}: ${error.message}`);
      }
    }
  }
  await Deno.remove(held.folder, { recursive: true });
  assert.deepEqual(failures.slice(0, 40), [], `${failures.length} of ${made} calls`);
});

Deno.test("the table of right calls knows everything that is exported", async () => {
  const held = await holdings();
  const classes = classCalls(held);
  const functions = functionCalls(held);
  const missing: string[] = [];
  for (const [name, value] of Object.entries(lab)) {
    if (typeof value !== "function") continue;
    if (!/^class\b/.test(Function.prototype.toString.call(value))) {
      if (!Object.hasOwn(functions, name)) missing.push(name);
      continue;
    }
    const known = classes[name];
    if (known === undefined) missing.push(name);
    const descriptors = Object.getOwnPropertyDescriptors(value.prototype);
    for (const [method, descriptor] of Object.entries(descriptors)) {
      if (method === "constructor" || typeof descriptor.value !== "function") continue;
      if (known !== undefined && !Object.hasOwn(known.methods, method)) missing.push(`${name}.${method}`);
    }
  }
  await Deno.remove(held.folder, { recursive: true });
  assert.deepEqual(missing, []);
});
