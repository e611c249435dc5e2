/**
 * Records this machine for the shipped data: once a second for five minutes, under a load that rises and falls.
 *
 * `deno run -A tools/record_system.ts [SECONDS]` writes data/system/host.json.
 *
 * @module
 */
import { realClock } from "../src/collector/clock.ts";
import { readHostFacts } from "../src/collector/host_facts.ts";
import type { SystemRecording } from "../src/collector/system_recording.ts";
import { SystemSampler } from "../src/collector/system_sampler.ts";
import type { SeriesDefinition } from "../src/series/types.ts";
import { complain, WRONG_USE } from "./arguments.ts";

/** A worker that is busy for a share of each 100 ms. */
const BURNER = `let share = 0; onmessage = (message) => share = message.data;
setInterval(() => { const end = performance.now() + 100 * share; while (performance.now() < end); }, 100);`;

/** Share of a core for each burner, and memory held, over the recording: [until this share of the time, load, MiB]. */
const PLAN = [[0.15, 0.05, 50], [0.35, 0.5, 200], [0.55, 0.95, 600], [0.7, 0.3, 900], [0.85, 0.7, 300], [
  1,
  0.05,
  50,
]] as const;

if (import.meta.main) {
  const [given = "300", ...more] = Deno.args;
  const seconds = Number(given);
  if (!Number.isInteger(seconds) || seconds < 1 || more.length > 0) {
    complain("Usage: deno run -A tools/record_system.ts [SECONDS], a whole number above 0; default 300");
    Deno.exit(WRONG_USE);
  }
  const url = URL.createObjectURL(new Blob([BURNER], { type: "text/javascript" }));
  const burners = Array.from(
    { length: navigator.hardwareConcurrency },
    () => new Worker(url, { type: "module" }),
  );
  const sampler = new SystemSampler({ intervalSeconds: 1, devices: false });
  const clock = realClock();
  const startSeconds = Math.ceil(clock.nowSeconds());
  const definitions: SeriesDefinition[] = [];
  const columns: (number | null)[][] = [];
  let held: Uint8Array[] = [];
  for (let tick = -1; tick < seconds; tick++) {
    await clock.sleepUntil(startSeconds + tick);
    const [, load, mebibytes] = PLAN.find(([until]) => tick / seconds < until) ?? PLAN[0];
    for (const burner of burners) burner.postMessage(load);
    held = hold(held, mebibytes);
    const batch = await sampler.sample(startSeconds + tick, new AbortController().signal);
    for (const definition of batch.defined) definitions[definition.id] = definition;
    if (tick < 0) continue; // The first tick has no processor share yet.
    const gone = new Set(Array.from(batch.vanishedIds));
    // What is read every few seconds stands as it was in between.
    columns.forEach((column, id) => column[tick] = gone.has(id) ? null : column[tick - 1] ?? null);
    for (let i = 0; i < batch.ids.length; i++) {
      const column = columns[batch.ids[i]!] ??= Array(seconds).fill(null);
      column[tick] = rounded(batch.values[i]!, definitions[batch.ids[i]!]!);
    }
  }
  for (const burner of burners) burner.terminate();
  // The recorder's own memory and the kernel's build are nobody's business later.
  const { kernel: _kernel, ...details } = await readHostFacts();
  const recording: SystemRecording = {
    origin: `Recorded on ${
      new Date().toISOString().slice(0, 10)
    } by tools/record_system.ts: the processor at changing load, memory held and freed`,
    intervalSeconds: 1,
    details,
    series: definitions
      .map(({ id: _id, help = "", ...shape }, id) => ({ ...shape, help, values: columns[id]! }))
      .filter(({ name }) => !name.startsWith("lab_process_")),
  };
  const folder = new URL("../data/system/", import.meta.url);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL("host.json", folder), format(recording));
}

/** Holds so much memory, written to, so that it is resident. */
function hold(held: readonly Uint8Array[], mebibytes: number): Uint8Array[] {
  const kept = held.slice(0, mebibytes / 50);
  while (kept.length < mebibytes / 50) kept.push(new Uint8Array(50 * 2 ** 20).fill(kept.length + 1));
  return kept;
}

function rounded(value: number, { unit }: SeriesDefinition): number {
  return unit === "bytes" ? Math.round(value / 65536) * 65536 : Number(value.toFixed(4));
}

/** A line for each series: small and yet readable in a diff. */
function format({ series, ...head }: SystemRecording): string {
  const rows = series.map((each) => `  ${JSON.stringify(each)}`).join(",\n");
  return `${JSON.stringify(head, null, 1).slice(0, -2)},\n "series": [\n${rows}\n ]\n}\n`;
}
