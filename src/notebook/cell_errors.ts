/**
 * How an error looks under a cell. The Deno kernel shows an error's stack: of a slip in a cell that is one sentence and
 * several lines of the lab's own files, and the lines of the cell itself are counted in a rewritten copy of it, so that
 * they are wrong. A slip gets its sentence only, and a name that is missing gets told where it comes from.
 *
 * @module
 */
import { nearNames } from "../base/near_names.ts";
import { SampleError } from "../series/types.ts";
import { causeSentence } from "../text/causes.ts";
import { type Language, LANGUAGES } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { NOTEBOOK_TEXT } from "../text/notebook.ts";
import { inKernel } from "./frontend.ts";
import { missingCells } from "./lab_cells.ts";
import { isLabClosed, languageFromEnvironment, languageOfSetup } from "./setup.ts";

/** Where the lab's own files are. */
const SOURCE = new URL("..", import.meta.url);

/** What stands in a frame of a cell for its file: `<anonymous>:10:7`, `helper (<anonymous>:2:3)`. */
const OF_A_CELL = /(^|[( ])<anonymous>(:\d+:\d+)?\)?$/;

/** The engine's own: `JSON.parse (<anonymous>)` and this. */
const OF_THE_ENGINE = /(^|\()(ext|node):/;

/** Of our own refusals, by the grammar of their messages. */
const REFUSAL = /^Cannot /;

/** Has errors under cells shown as {@link cellStack} words them. Does nothing outside of a kernel. */
export function wordCellErrors(): void {
  if (!inKernel()) return;
  Error.prepareStackTrace = (error, frames) => cellStack(error, frames.map(String));
}

/**
 * The stack that is shown for an error: one sentence where a cell is at fault, everything where it is not.
 *
 * @param frames the innermost first, without "at"
 */
export function cellStack(error: Error, frames: readonly string[]): string {
  const title = titleOf(error);
  const maker = frames.find((frame) => !OF_THE_ENGINE.test(frame)) ?? "<anonymous>";
  if (OF_A_CELL.test(maker)) return slipOfName(error) ?? title;
  const isOurs = maker.includes(SOURCE.pathname);
  if (isOurs && (REFUSAL.test(error.message) || error instanceof SampleError)) {
    return title + afterTheEnd(error);
  }
  return [title, ...frames.map((frame) => `    at ${frame}`)].join("\n");
}

/** What does not answer, was stopped or was closed may be so because the lab is. */
function afterTheEnd(error: Error): string {
  const mayBe = error instanceof SampleError || error.name === "WorkloadError" ||
    /: (it|the \w+) was (stopped|closed)\b/.test(error.message);
  if (!mayBe || !isLabClosed()) return "";
  return `. ${NOTEBOOK_TEXT[language()].labClosed}`;
}

/** Names may be anything at all, also what throws when it is read. */
function titleOf(error: Error): string {
  try {
    if (error instanceof SampleError) return `${error.name}: ${sampleFailure(error)}`;
    return String(error);
  } catch {
    return "Error";
  }
}

/** Which address, where one was asked for, and why it gave nothing. */
function sampleFailure({ address, reason }: SampleError): string {
  const why = causeSentence(reason, language());
  return address === undefined ? why : address + punctuation(language()).colon + why;
}

/** A name that is not there, with the cell or the import that brings it. */
function slipOfName({ name, message }: Error): string | undefined {
  const text = NOTEBOOK_TEXT[language()];
  const missing = /^(\S+) is not (defined|a function|a constructor)$/.exec(message);
  if (missing === null) return undefined;
  const [, wanted = "", how] = missing;
  const known = doorNames();
  if (how !== "defined") {
    // What the door does not have is imported as undefined, without any error.
    const near = known.includes(wanted) ? [] : nearNames(wanted, known);
    return near.length === 0 ? undefined : `${name}: ${text.notExported(wanted, near.join(", "))}`;
  }
  const cells = missingCells(wanted);
  if (cells.length > 0) return `${name}: ${text.notRunYet(wanted, cells.map(text.cellWith))}`;
  if (known.includes(wanted)) return `${name}: ${text.notImported(wanted)}`;
  const near = nearNames(wanted, known);
  return `${name}: ${text.notDefined(wanted, near.join(", "))}`;
}

/** Of the set-up; before it of the environment, or of the notebook's folder. */
function language(): Language {
  const known = languageOfSetup();
  if (known !== undefined) return known;
  const folder = Deno.cwd().split(/[\\/]/).at(-1);
  try {
    return languageFromEnvironment(undefined, LANGUAGES.find((each) => each === folder));
  } catch {
    return "en";
  }
}

let names: readonly string[] | undefined;

/** What `#lab` exports but types. The file holds re-exports only, and nothing in the lab imports it. */
function doorNames(): readonly string[] {
  names ??= exportsOf(Deno.readTextFileSync(new URL("mod.ts", SOURCE)));
  return names;
}

/** The names of values in the export lists of a file. */
export function exportsOf(text: string): readonly string[] {
  return [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list = ""]) => list.split(","))
    .map((part) => part.trim()).filter((part) => part !== "" && !part.startsWith("type "))
    .map((part) => part.split(" as ").at(-1)!);
}
