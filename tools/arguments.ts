/**
 * Arguments of the project's tools: what is wrong with them is one sentence, not a stack trace.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";

/** Exit code of wrong use, as every task has it. */
export const WRONG_USE = 2;

/** What {@link readArguments} gives. */
export type ReadArguments<Config extends ParseArgsConfig> =
  | { readonly read: ReturnType<typeof parseArgs<Config>> }
  | { readonly wrong: string };

/**
 * Reads a tool's arguments, or says in one sentence what is wrong with them.
 *
 * @param command how the tool is called, up to its arguments: `deno task kernel`
 */
export function readArguments<Config extends ParseArgsConfig>(
  command: string,
  config: Config,
): ReadArguments<Config> {
  try {
    return { read: parseArgs(config) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [sentence = ""] = error.message.split(/\. (?=To |This )|\n/);
    const plain = sentence.replace(/\.$/, "").replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
    return { wrong: `${plain}; ${command} --help explains it` };
  }
}

/** Writes a line to standard error. */
export function complain(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
