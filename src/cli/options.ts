/**
 * Command lines: one way to declare, parse and refuse options, for every task.
 *
 * @module
 */
import { Command, CommanderError, Help, InvalidArgumentError, type Option } from "commander";
import { escapeTerminal } from "../base/escape.ts";
import { type Language, LANGUAGES } from "../text/language.ts";
import { CliError, EXIT, print } from "./terminal.ts";

/** What every task takes. */
export interface CommonOptions {
  readonly lang: Language;
  readonly json: boolean;
}

/** Thrown after `--help` was printed: the command has nothing more to do. */
export class HelpShown extends Error {
  override readonly name = "HelpShown";
}

/**
 * A command with the options that all share. `define` adds its own.
 *
 * @returns the parsed options and the positional arguments
 * @throws HelpShown after printing the help, CliError (exit 2) on wrong use
 */
export function parseOptions<Options extends object>(
  args: readonly string[],
  define: (command: Command) => Command,
): { readonly options: Options & CommonOptions; readonly rest: readonly string[] } {
  const command = define(new Command())
    .option("--lang <language>", `language of the words: ${LANGUAGES.join(", ")}`, parseLanguage, "en")
    .option("--json", "print the result as JSON", false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => print(text.trimEnd()), writeErr: () => {} })
    .helpOption("-h, --help", "explain this task")
    .configureHelp({ optionDescription });
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") throw new HelpShown();
    throw new CliError(withoutSecrets(refusalOf(error.message, command.name())));
  }
  // The options' type is declared by the caller beside its `define`; commander itself is untyped here.
  return { options: command.opts<Options & CommonOptions>(), rest: command.args };
}

const PLAIN_HELP = new Help();

/** Without the defaults that say only that an option was not given. */
function optionDescription(option: Option): string {
  return PLAIN_HELP.optionDescription(option).replace(/ \(default: (?:false|\[\])\)$/, "");
}

/** The parser's words as one sentence; ours, where a value was refused in a sentence of its own. */
function refusalOf(message: string, name: string): string {
  const own = /is invalid\. (Cannot .+?)\.?$/s.exec(message)?.[1];
  if (own !== undefined) return own;
  const line = message.replace(/^error: /, "").replace(/ is invalid\. /, " is invalid: ");
  return `${line.replace(/\s*\n\s*/g, " ").replace(/\.$/, "")}; deno task ${name} --help explains it`;
}

/** The parser repeats what was given: of an address neither user and password, as far as the last `@`, nor parameters. */
function withoutSecrets(line: string): string {
  return line.replace(/'([^']*)'/g, (whole: string, text: string) => {
    if (!/^[a-z][a-z0-9+.-]*:\/\/|@/i.test(text)) return whole;
    return `'${text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@").replace(/\?.*$/s, "?***")}'`;
  });
}

function parseLanguage(value: string): Language {
  const language = LANGUAGES.find((known) => known.toLowerCase() === value.toLowerCase());
  if (language === undefined) throw new InvalidArgumentError(`wanted one of ${LANGUAGES.join(", ")}.`);
  return language;
}

/** For option values: a number above zero. */
export function positiveNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number <= 0) {
    throw new InvalidArgumentError("wanted a number above 0.");
  }
  return number;
}

/** For option values: a number, 0 or more. */
export function numberFromZero(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0) {
    throw new InvalidArgumentError("wanted a number, 0 or more.");
  }
  return number;
}

/** For option values: a share as a percentage above 0, up to 100; gives the ratio. */
export function percent(value: string): number {
  const number = Number(value.replace(/%$/, ""));
  if (value.trim() === "" || !(number > 0 && number <= 100)) {
    throw new InvalidArgumentError("wanted a percentage above 0, up to 100.");
  }
  return number / 100;
}

/** For option values: a whole number from 0 on. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isInteger(number) || number < 0) {
    throw new InvalidArgumentError("wanted a whole number, 0 or more.");
  }
  return number;
}

/** For option values: a port; 0 is a free one. */
export function portNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isInteger(number) || number < 0 || number > 65535) {
    throw new InvalidArgumentError("wanted a port, 0 to 65535.");
  }
  return number;
}

/** For option values: a whole number from 1 on. */
export function countingNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError("wanted a whole number, 1 or more.");
  }
  return number;
}

/** For option values: a whole number from 1 to a highest one. */
export function countUpTo(highest: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() === "" || !Number.isInteger(number) || number < 1 || number > highest) {
      throw new InvalidArgumentError(`wanted a whole number, 1 to ${highest}.`);
    }
    return number;
  };
}

/** For option values: an http or https address. A missing scheme is taken as http. */
export function httpAddress(value: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) throw new InvalidArgumentError("wanted an address such as http://127.0.0.1:8000.");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new InvalidArgumentError("wanted an http or https address.");
  }
  return url.href.replace(/\/$/, "");
}

/** For repeatable options. */
export function collectAddresses(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, httpAddress(value)];
}

/** Runs a command's body: turns its errors into one line and an exit code. */
export async function runCommand(
  body: () => Promise<number>,
  report: (line: string) => void,
): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof HelpShown) return EXIT.ok;
    if (error instanceof CliError) {
      report(error.message);
      return error.exitCode;
    }
    const line = errorLine(error);
    if (line === undefined) throw error;
    report(line);
    return EXIT.usage;
  }
}

/**
 * One line for an error that a person can do something about: values that cannot be meant (the project's own errors begin
 * with "Cannot …: "), and what the system refuses. A stack trace is for errors of the program itself.
 */
export function errorLine(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const message = escapeTerminal(error.message.replace(/\n\s*/g, " "));
  if (/^Cannot .+: /.test(message)) return message;
  return isSystemError(error) ? systemLine(message) : undefined;
}

const VERBS: Readonly<Record<string, string>> = {
  open: "open",
  readfile: "read",
  writefile: "write",
  mkdir: "make",
  remove: "remove",
  rename: "rename",
};

/** The system's own words, "No space left on device (os error 28): writefile 'a'", as one of our lines. */
export function systemLine(message: string): string {
  const [, what, verb = "", path] = /^(.*?) \(os error \d+\)(?:: (\w+) '([^']*)')?/.exec(message) ?? [];
  if (what === undefined) return `Cannot go on: ${message.replace(/, run again with/, "; run again with")}`;
  if (path === undefined) return `Cannot go on: ${what}`;
  return `Cannot ${VERBS[verb] ?? "use"} ${path}: ${what}`;
}

/** The system's own words without its number and the call that failed. */
export function systemReason(error: Error): string {
  return escapeTerminal(error.message.replace(/ \(os error \d+\).*$/s, "").replace(/^Cannot [^:]+: /, ""));
}

/** What Deno throws for the system's refusals: files, disks, ports, permissions. */
function isSystemError(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind) ||
    /os error \d+/.test(error.message);
}
