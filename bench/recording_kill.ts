/**
 * Kills writers of a recording at random moments and looks at what they leave.
 *
 *     deno run -A bench/recording_kill.ts [kills] [--fast]
 *
 * Each writer records 1,000 series at 10 Hz (`--fast`: as fast as it can, so that kills hit the packing of blocks and
 * checkpoints too) and says after each tick that it is written. Every file must open, pass SQLite's integrity check, hold
 * each tick that was said to be written, and no value that was not.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { seededRandom } from "../src/base/random.ts";
import { openRecording } from "../src/recording/recording.ts";
import { createRecording } from "../src/recording/writer.ts";

const SERIES = 1000;
const TICK_SECONDS = 0.1;
const AT_ONCE = 8;
const START_SECONDS = 1.79e9;

/** The value of a series at a tick: whole numbers, fractions, and some that rest. */
function valueOf(id: number, tick: number): number {
  return id % 3 === 0 ? id * tick : id % 3 === 1 ? Math.sin(id + tick) : id;
}

async function write(path: string, fast: boolean): Promise<void> {
  const writer = createRecording(path);
  const ids = Array.from({ length: SERIES }, (_, id) => id);
  const defined = ids.map((id) => ({ id, name: "g", labels: { id: String(id) }, type: "gauge" as const }));
  const encoder = new TextEncoder();
  const begin = performance.now();
  for (let tick = 0;; tick++) {
    const values = Float64Array.from(ids, (id) => valueOf(id, tick));
    const batch = { ids, values, defined: tick === 0 ? defined : [], vanishedIds: [], events: [] };
    writer.append("killed", START_SECONDS + tick * TICK_SECONDS, batch);
    Deno.stdout.writeSync(encoder.encode(`${tick}\n`));
    const wait = begin + 1000 * TICK_SECONDS * (tick + 1) - performance.now();
    if (!fast) await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
  }
}

/** What a killed writer left. */
interface Outcome {
  readonly said: number;
  readonly found: number;
  readonly fault: string | undefined;
}

async function killOne(
  folder: string,
  name: string,
  options: { fast: boolean; delayMs: number },
): Promise<Outcome> {
  const path = `${folder}/${name}.sqlite`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.url, "--write", path, ...(options.fast ? ["--fast"] : [])],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  const { promise: beginning, resolve: begun } = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      begun();
    }
  })();
  await beginning;
  await new Promise((resolve) => setTimeout(resolve, options.delayMs));
  child.kill("SIGKILL");
  await child.status;
  await reading;
  const said = Number(text.slice(0, text.lastIndexOf("\n")).split("\n").at(-1));
  try {
    return { said, ...await inspect(path) };
  } catch (error) {
    return { said, found: -1, fault: String(error) };
  } finally {
    Deno.removeSync(path);
  }
}

async function inspect(path: string): Promise<{ found: number; fault: string | undefined }> {
  const recording = openRecording(path);
  const span = (await recording.span())!;
  const found = Math.round((span.endSeconds - START_SECONDS) / TICK_SECONDS);
  let fault: string | undefined;
  const all = await recording.select({ name: "g" }, span);
  if (all.length !== SERIES) fault = `${all.length} series`;
  for (const { labels, timesSeconds, values } of all) {
    if (values.length !== found + 1) fault ??= `${values.length} of ${found + 1} ticks`;
    for (let tick = 0; tick < values.length; tick++) {
      if (values[tick] !== valueOf(Number(labels.id), tick)) {
        fault ??= `a wrong value at ${timesSeconds[tick]}`;
      }
    }
  }
  if (recording.damagedPieces > 0) fault ??= `${recording.damagedPieces} damaged pieces`;
  recording.close();
  const db = new DatabaseSync(path, { readOnly: true });
  const check = Object.values(db.prepare("PRAGMA integrity_check").get()!)[0];
  db.close();
  if (check !== "ok") fault ??= `integrity check: ${check}`;
  return { found, fault };
}

/** Kills so many writers, some at once. */
export async function killWriters(kills: number, fast: boolean): Promise<Outcome[]> {
  const random = seededRandom(kills);
  const folder = Deno.makeTempDirSync();
  const outcomes: Outcome[] = [];
  let next = 0;
  const lane = async () => {
    while (next < kills) {
      const name = String(next++);
      outcomes.push(await killOne(folder, name, { fast, delayMs: 200 + 4000 * random.next() }));
    }
  };
  await Promise.all(Array.from({ length: fast ? 2 : AT_ONCE }, lane));
  Deno.removeSync(folder, { recursive: true });
  return outcomes;
}

if (import.meta.main) {
  const fast = Deno.args.includes("--fast");
  const [first = "200", path] = Deno.args;
  if (first === "--write") await write(path!, fast);
  else {
    const outcomes = await killWriters(Number(first), fast);
    const faults = outcomes.filter(({ fault }) => fault !== undefined);
    const lost = outcomes.filter(({ said, found }) => found < said);
    const ticks = outcomes.reduce((sum, { found }) => sum + found + 1, 0);
    const worst = Math.max(...outcomes.map(({ said, found }) => said - found));
    const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
    print(
      `${outcomes.length} kills, ${ticks} ticks found, ${faults.length} faulty files, ${lost.length} with a lost tick`,
    );
    print(`most ticks lost of those said to be written: ${Math.max(0, worst)}`);
    for (const { fault } of faults) print(fault!);
    Deno.exit(faults.length + lost.length === 0 ? 0 : 1);
  }
}
