/**
 * An option that there is not would change nothing, and nobody would know: every call refuses it, and says which one is
 * near.
 */
import assert from "node:assert/strict";
import { type Called, calls, isPlain, outcome } from "./calls.ts";
import { holdings } from "./things.ts";

/** Arguments that are data, not options, by position: what is in them beside what is wanted does no harm. */
const DATA: Readonly<Record<string, readonly number[]>> = {
  burnRate: [0],
  causeSentence: [0],
  changes: [0, 1],
  correlationChart: [0],
  delta: [0, 1],
  deriv: [0, 1],
  detectChangePoints: [0],
  downsample: [0],
  e2eSeconds: [0],
  histogramsOf: [0],
  idelta: [0, 1],
  increase: [0, 1],
  interTokenSeconds: [0],
  irate: [0, 1],
  isPresent: [0],
  joinByTime: [0, 1],
  joulesPerToken: [1],
  overGrid: [1, 2],
  overTime: [1, 2],
  rate: [0, 1],
  readLimit: [1],
  renderReport: [0],
  resets: [0, 1],
  runSummaryLines: [0],
  sampleTable: [0],
  servePage: [0],
  show: [0],
  summariesOf: [0],
  timeWeightedMean: [0],
  timeWeightedQuantile: [1],
  tokensPerJoule: [1],
  tpotSeconds: [0],
  ttftSeconds: [0],
  watchedLimit: [0],
  windowStats: [0],
  withinSpan: [1],
  workloadTable: [0],
  writeBenchmark: [0],
  "MemorySource.select": [1],
  "MemorySource.evaluate": [1],
  "MemorySource.requests": [0],
  "MemorySource.events": [0],
  "MemorySource.append": [2],
  "MemorySource.fail": [2],
  "MemorySource.addEvent": [0],
  "MemorySource.addRequest": [0],
  "MemorySource.addFacts": [0],
  "RealTimeMetricsCollector.select": [1],
  "RealTimeMetricsCollector.evaluate": [1],
  "RealTimeMetricsCollector.requests": [0],
  "RealTimeMetricsCollector.events": [0],
  "RealTimeMetricsCollector.addSampler": [0],
  "Recording.select": [1],
  "Recording.evaluate": [1],
  "Recording.requests": [0],
  "Recording.events": [0],
  "Recording.readTarget": [1],
  "RecordingWriter.append": [2],
  "RecordingWriter.fail": [2],
  "RecordingWriter.addEvent": [0],
  "RecordingWriter.addRequest": [0],
  "RecordingWriter.addFacts": [0],
  "RecordingWriter.addScrape": [2],
  "SeriesStore.append": [2],
  "Webhook.tell": [0],
};

/** Whole sets of options go from call to call there: only a slip of a name is told. */
const LENIENT = new Set(["live", "wait"]);

/** Those of a server that is not there, and errors, which are made by the lab. */
const NOT_CALLED = /^(new SampleError|new WorkloadError|PrometheusSource\.|sleep$)/;

function* optionArguments(called: Called): Generator<readonly [number, Record<string, unknown>]> {
  for (const [at, right] of called.args().entries()) {
    if (isPlain(right) && !DATA[called.name]?.includes(at)) yield [at, right];
  }
}

async function said(called: Called, at: number, value: unknown): Promise<string> {
  const error = await outcome(called, called.args().map((each, index) => index === at ? value : each));
  return error?.message ?? "accepted";
}

Deno.test("every call refuses an option that it does not have", async () => {
  const held = await holdings();
  const silent: string[] = [];
  let made = 0;
  for (const called of calls(held)) {
    if (NOT_CALLED.test(called.name) || LENIENT.has(called.name)) continue;
    for (const [at, right] of optionArguments(called)) {
      made++;
      const message = await said(called, at, { ...right, unheardOf: 1 });
      if (!/(has no (option )?"unheardOf"|parameter "unheardOf" unknown), wanted/.test(message)) {
        silent.push(`${called.name}[${at}]: ${message}`);
      }
    }
  }
  await Deno.remove(held.folder, { recursive: true });
  assert.deepEqual(silent, []);
  assert.ok(made > 100, String(made));
});

Deno.test("every call names the option that was meant by a slip of its last letter", async () => {
  const held = await holdings();
  const silent: string[] = [];
  for (const called of calls(held)) {
    if (NOT_CALLED.test(called.name)) continue;
    for (const [at, right] of optionArguments(called)) {
      for (const name of Object.keys(right).filter((each) => each.length > 4 && right[each] !== undefined)) {
        const slip = name.slice(0, -1);
        if (Object.hasOwn(right, slip)) continue;
        const message = await said(called, at, { ...right, [slip]: right[name] });
        if (!message.includes(`"${slip}"`)) silent.push(`${called.name}[${at}].${slip}: ${message}`);
      }
    }
  }
  await Deno.remove(held.folder, { recursive: true });
  assert.deepEqual(silent, []);
});
