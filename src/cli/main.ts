/**
 * The tasks of deno.json: `main.ts NAME ARGUMENTS…`. Each command is a file, loaded only when it is asked for.
 *
 * @module
 */
import { runCommand } from "./options.ts";
import { EXIT, note } from "./terminal.ts";

/** A command: arguments in, exit code out. */
type Command = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, () => Promise<{ readonly run: Command }>>> = {
  lab: () => import("./lab.ts"),
  serve: () => import("./serve.ts"),
  load: () => import("./load.ts"),
  monitor: () => import("./monitor.ts"),
  export: () => import("./export.ts"),
  report: () => import("./report.ts"),
  fit: () => import("./fit.ts"),
  dashboard: () => import("./dashboard.ts"),
  compare: () => import("./compare.ts"),
  push: () => import("./push.ts"),
  repair: () => import("./repair.ts"),
};

if (import.meta.main) {
  const [name = "", ...args] = Deno.args;
  const load = COMMANDS[name];
  if (load === undefined) {
    note(`Cannot run "${name}": no such task, wanted one of ${Object.keys(COMMANDS).join(", ")}`);
    Deno.exit(EXIT.usage);
  }
  const { run } = await load();
  Deno.exit(await runCommand(() => run(args), note));
}
