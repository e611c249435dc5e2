/**
 * `deno task bench NAME`: measures against named peers in the same run.
 *
 * @module
 */
import { EXIT, note } from "../src/cli/terminal.ts";

/** A benchmark: options in, printed figures out. */
interface Bench {
  run(options: { readonly json: boolean }): Promise<unknown>;
}

/** One file a benchmark; loaded only when it is asked for. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {};

if (import.meta.main) {
  const [name = "", ...rest] = Deno.args;
  const load = BENCHES[name];
  if (load === undefined) {
    note(`Cannot run the benchmark "${name}": wanted one of ${Object.keys(BENCHES).join(", ")}`);
    Deno.exit(EXIT.usage);
  }
  await (await load()).run({ json: rest.includes("--json") });
}
