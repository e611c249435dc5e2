/**
 * `deno task bench NAME [--json]`: measures against named peers in the same run. A missed target is told, not a failure.
 *
 * @module
 */
import { cpus, totalmem } from "node:os";
import { EXIT, note, print } from "../src/cli/terminal.ts";
import type { BenchResult } from "./result.ts";

/** A benchmark returns its result for printing, or prints it by itself. */
type Bench = (json: boolean, rest: readonly string[]) => Promise<BenchResult | undefined>;

/** One file a benchmark; loaded only when it is asked for. */
const BENCHES: Readonly<Record<string, Bench>> = {
  parser: async (json) => void await (await import("./parser.ts")).run({ json }),
  series: async () => await (await import("./series.ts")).run({}),
  watch: async () => await (await import("./watch.ts")).run(),
  monitor: async () => await (await import("./monitor.ts")).run(),
  simulated: async () => (await import("./simulated.ts")).run(),
  simulated_cost: async () => await (await import("./simulated_cost.ts")).run(),
  client: async (json, rest) => {
    const only = rest.find((one) => !one.startsWith("--"));
    const { run } = await import("./client.ts");
    return await run({ ...(only === undefined ? {} : { only }), ...(json ? {} : { onRow: note }) });
  },
  dashboard: async () => await (await import("./dashboard.ts")).run(),
  anomalies: async (_json, rest) =>
    await (await import("./anomalies.ts")).run(rest.find((one) => !one.startsWith("--"))),
  server_anomalies: async (_json, rest) =>
    await (await import("./server_anomalies.ts")).run({ tuning: rest.includes("--tuning") }),
  what_if: async () => await (await import("./what_if.ts")).run(),
  compare: async () => (await import("./compare.ts")).run(),
  analyzer: async () => await (await import("./analyzer.ts")).run(),
  diagnosis: async (json, rest) => {
    const { optionsOf, run } = await import("./diagnosis.ts");
    await run({ ...optionsOf(rest), json });
    return undefined;
  },
};

const NAMES = Object.keys(BENCHES).join(", ");

function lines({ figures, targets }: BenchResult): readonly string[] {
  return [
    ...figures.map(({ name, value, unit, peer, peerValue, ratio }) =>
      `${name}: ${value} ${unit}` +
      (peer === undefined
        ? ""
        : `; ${peer}: ${peerValue ?? "n/a"}${ratio === undefined ? "" : ` (ratio ${ratio})`}`)
    ),
    ...targets.map(({ name, wanted, got, ok }) =>
      `${ok === null ? "n/a " : ok ? "ok  " : "MISS"} ${name}: ${got}, wanted ${wanted}`
    ),
  ];
}

if (import.meta.main) {
  const [name = "", ...rest] = Deno.args;
  if ([name, ...rest].some((one) => one === "--help" || one === "-h")) {
    print(`deno task bench NAME [--json]\n\nMeasures against named peers in the same run: ${NAMES}.`);
    Deno.exit(EXIT.ok);
  }
  const bench = BENCHES[name];
  if (bench === undefined) {
    note(`Cannot run the benchmark "${name}": wanted one of ${NAMES}`);
    Deno.exit(EXIT.usage);
  }
  const json = rest.includes("--json");
  const result = await bench(json, rest);
  if (result === undefined) Deno.exit(EXIT.ok);
  if (!json) lines(result).forEach(print);
  else {
    const [processor] = cpus();
    const machine = `${processor?.model ?? "unknown processor"}, ${cpus().length} cores, ${
      Math.round(totalmem() / 2 ** 30)
    } GiB`;
    print(JSON.stringify({ name, machine, date: new Date().toISOString(), ...result }, null, 2));
  }
  Deno.exit(EXIT.ok);
}
