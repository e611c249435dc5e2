/**
 * Runs the project's notebooks for what is committed: virtual clock, fixed seed, shipped data, UTC. Twice gives the same.
 *
 *     deno task notebooks [--check] [NOTEBOOK…]
 *
 * @module
 */
import { join, relative } from "node:path";
import { complain, readArguments, WRONG_USE } from "./arguments.ts";
import { checkNotebooks, problemLine, projectNotebooks } from "./check_notebook.ts";
import { PROJECT } from "./gate/process.ts";
import { firstUnreadable } from "./notebook/unreadable.ts";
import { runNotebook } from "./run_notebook.ts";
import { stopSignals } from "./stop_signals.ts";

const HELP = `deno task notebooks [--check] [NOTEBOOK…]

Runs the notebooks (all of notebooks/ by default) on a virtual clock with fixed seed, shipped data and TZ=UTC, and writes
them with their outputs. Run twice, the files do not change.
  --check   writes nothing; fails when a notebook is not what a run gives
`;

/** Variables of a replay. Those of the reader's own lab must not reach it. */
export function replayEnvironment(outputDirectory: string): Readonly<Record<string, string>> {
  return {
    LAB_MODE: "replay",
    // Each notebook names its own language.
    LAB_LANG: "",
    LAB_URL: "",
    LAB_METRICS_URL: "",
    LAB_API_KEY: "",
    LAB_OUTPUT: outputDirectory,
    TZ: "UTC",
    LANG: "C.UTF-8",
  };
}

/** What is wrong with a replayed notebook; "" when nothing is. */
export async function replayNotebook(
  path: string,
  options: { readonly write: boolean; readonly signal?: AbortSignal; readonly killSignal?: AbortSignal },
): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "notebook_" });
  const out = join(directory, "executed.ipynb");
  const { write, ...signals } = options;
  try {
    const { failure } = await runNotebook(path, {
      out,
      env: replayEnvironment(directory),
      timeoutSeconds: 120,
      ...signals,
    });
    if (failure !== undefined) {
      return `cell ${failure.cellNumber} (${failure.cellId}): ${failure.kind}: ${failure.name}: ${failure.message}`;
    }
    const text = await Deno.readTextFile(out);
    if (text === await Deno.readTextFile(path)) return "";
    if (!write) return "it is not what a run gives: deno task notebooks writes it";
    await Deno.writeTextFile(path, text);
    const [check] = await checkNotebooks([path]);
    return (check?.problems ?? []).map((problem) => problemLine(relative(PROJECT, path), problem)).join("\n");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function main(): Promise<number> {
  const given = readArguments("deno task notebooks", {
    args: Deno.args,
    options: { check: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if ("wrong" in given) {
    complain(given.wrong);
    return WRONG_USE;
  }
  const { values, positionals } = given.read;
  if (values.help) {
    print(HELP);
    return 0;
  }
  const paths = positionals.length > 0 ? positionals : await projectNotebooks();
  const problem = await firstUnreadable("run", paths);
  if (problem !== undefined) {
    complain(problem);
    return WRONG_USE;
  }
  using stop = stopSignals();
  let failed = 0;
  for (const path of paths) {
    if (stop.signal.aborted) break;
    const { signal, killSignal } = stop;
    const problem = await replayNotebook(path, { write: values.check !== true, signal, killSignal });
    if (problem !== "") failed++;
    print(`${relative(Deno.cwd(), path)}: ${problem === "" ? "ok" : problem}\n`);
  }
  if (stop.signal.aborted) return 130;
  return failed > 0 ? 1 : 0;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) Deno.exit(await main());
