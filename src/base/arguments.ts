/**
 * Refusing what cannot be meant, in one sentence: what was given, what is wanted, an example. A notebook's cells are not
 * type-checked, so that a slip there meets no compiler; without these checks it would end far inside, as "Cannot read
 * properties of undefined".
 *
 * Calls are named by an example of themselves, `wait(5, lab)`: what stands before the bracket is the call's name.
 *
 * @module
 */
import { nearNames } from "./near_names.ts";

/** What a value must be. */
export interface Check {
  /** As a noun: "a number of seconds". */
  readonly wanted: string;
  /** Whether a value is that. */
  readonly accepts: (value: unknown) => boolean;
  /** What its values are: one that is refused then is out of range, not of a wrong shape. */
  readonly type?: "string" | "number";
  /** Texts that are accepted, where they can be counted: a wrong one is told the nearest. */
  readonly names?: () => readonly string[];
  /** Whether an option may not be left out. */
  readonly needed?: boolean;
}

/** One check for every option: the compiler sees that none is missing. */
export type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check };

/** What {@link checkOptions} is told besides. */
export interface CheckOptions {
  /** Names that people try, with the right one: `{ interval: "intervalSeconds" }`. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Names that mean nothing here and do no harm, because whole sets of options are handed from call to call. */
  readonly also?: readonly string[];
  /** True where any object will do and only a slip of a name is told. */
  readonly lenient?: boolean;
}

/** A text that is not empty. */
export const TEXT: Check = {
  wanted: "a text",
  accepts: (value) => typeof value === "string" && value !== "",
};

/** Any text. */
export const ANY_TEXT: Check = { wanted: "a text", accepts: (value) => typeof value === "string" };

/** A number; not NaN. */
export const NUMBER: Check = {
  type: "number",
  wanted: "a number",
  accepts: (value) => typeof value === "number" && !Number.isNaN(value),
};

/** A length of time, from 0 on; not NaN. */
export const DURATION: Check = {
  type: "number",
  wanted: "a number of seconds from 0 on",
  accepts: (value) => typeof value === "number" && value >= 0,
};

/** A number of seconds; not NaN. */
export const SECONDS: Check = { ...NUMBER, wanted: "a number of seconds" };

/** A number above 0; not NaN. */
export const POSITIVE: Check = {
  type: "number",
  wanted: "a number above 0",
  accepts: (value) => typeof value === "number" && value > 0,
};

/** A whole number from 0 on. */
export const COUNT: Check = {
  type: "number",
  wanted: "a whole number from 0 on",
  accepts: (value) => typeof value === "number" && Number.isInteger(value) && value >= 0,
};

/** A whole number from 1 on. */
export const COUNT_FROM_1: Check = {
  type: "number",
  wanted: "a whole number from 1 on",
  accepts: (value) => typeof value === "number" && Number.isInteger(value) && value >= 1,
};

/** A number from 0 to 1. */
export const SHARE: Check = {
  type: "number",
  wanted: "a number from 0 to 1",
  accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
};

/** True or false. */
export const FLAG: Check = { wanted: "true or false", accepts: (value) => typeof value === "boolean" };

/** A function. */
export const FUNCTION: Check = { wanted: "a function", accepts: (value) => typeof value === "function" };

/** An object that is no list. */
export const OBJECT: Check = { wanted: "an object", accepts: isObject };

/** A list. */
export const LIST: Check = { wanted: "a list", accepts: Array.isArray };

/** A column of numbers. */
export const COLUMN: Check = {
  wanted: "a list of numbers",
  accepts: (value) =>
    ArrayBuffer.isView(value) || Array.isArray(value) && value.every((each) => typeof each === "number"),
};

/** Names and texts: headers, labels. */
export const TEXTS_BY_NAME: Check = {
  wanted: "an object of texts",
  accepts: (value) => isObject(value) && Object.values(value).every((each) => typeof each === "string"),
};

/** What ends something early. */
export const SIGNAL: Check = {
  wanted: "an AbortSignal, such as stopSignal()",
  accepts: (value) => hasAll(value, ["aborted", "addEventListener"]),
};

/** The machine's clock or a virtual one. */
export const CLOCK: Check = {
  wanted: "a clock, such as lab.clock",
  accepts: (value) => hasAll(value, ["nowSeconds", "sleepUntil"]),
};

/** What makes drawn numbers. */
export const RANDOM: Check = {
  wanted: "a source of random numbers, such as seededRandom(1)",
  accepts: (value) => hasAll(value, ["next"]),
};

/** A list with the check of its members. */
export function listOf(check: Check, wanted: string): Check {
  return {
    wanted,
    accepts: (value) => Array.isArray(value) && value.every(check.accepts),
    ...(check.names === undefined ? {} : { names: check.names }),
  };
}

/** One of several checks. */
export function either(wanted: string, ...checks: readonly Check[]): Check {
  return { wanted, accepts: (value) => checks.some((check) => check.accepts(value)) };
}

/** One of some texts. */
export function oneOf(names: readonly string[]): Check {
  return {
    type: "string",
    wanted: `one of ${names.join(", ")}`,
    accepts: (value) => typeof value === "string" && names.includes(value),
    names: () => names,
  };
}

/** An object with fields of some names; what gave it is said in `wanted`. */
export function shape(wanted: string, fields: readonly string[]): Check {
  return { wanted, accepts: (value) => hasAll(value, fields) };
}

/** The check of an option that may not be left out. */
export function needed(check: Check): Check {
  return { ...check, needed: true };
}

/**
 * Refuses an argument that is not what is wanted.
 *
 * @param call an example: `latencyChart(collector)`
 * @throws TypeError, or RangeError where it is of the right kind but no such name or number
 */
export function checkArgument(
  call: string,
  argument: { readonly [name: string]: unknown },
  check: Check,
): void {
  for (const name in argument) {
    const value = argument[name];
    if (!check.accepts(value)) throw refusal(call, { name, value, check });
  }
}

/**
 * Refuses options that are no object, an option that there is not, one that is missing and one that is not what is
 * wanted. An option that is undefined counts as left out.
 *
 * @param call an example: `wait(5, { clock: lab.clock })`
 * @throws TypeError, or RangeError where a value is of the right kind but no such name or number
 */
export function checkOptions<Options extends object>(
  call: string,
  options: unknown,
  checks: Checks<Options>,
  more: CheckOptions = {},
): void {
  const table: Readonly<Record<string, Check>> = checks;
  const given: unknown = options === undefined ? {} : options;
  if (!isObject(given)) {
    throw new TypeError(
      `Cannot call ${nameOf(call)}: its options are ${valueInWords(given)}, wanted an object${example(call)}`,
    );
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(table, name) || more.also?.includes(name) === true || given[name] === undefined) {
      continue;
    }
    const right = rightName(name, Object.keys(table), more);
    if (right === undefined) continue;
    throw new TypeError(
      `Cannot call ${nameOf(call)}: it has no option "${name}", wanted ${right}${example(call)}`,
    );
  }
  for (const [name, check] of Object.entries(table)) {
    const value = given[name];
    if (value === undefined && check.needed !== true) continue;
    if (!check.accepts(value)) throw refusal(call, { name, value, check });
  }
}

/**
 * Refuses an object that has a field which there is not: left unread it would change nothing, and nobody would know.
 *
 * @param call an example: `source.select({ quantity: "ttft" }, span)`
 * @throws TypeError
 */
export function checkFields(
  call: string,
  argument: { readonly [name: string]: unknown },
  known: readonly string[],
  more: CheckOptions = {},
): void {
  for (const [of, value] of Object.entries(argument)) {
    if (!isObject(value)) continue;
    for (const name of Object.keys(value)) {
      if (known.includes(name) || value[name] === undefined) continue;
      const right = rightName(name, known, more);
      if (right === undefined) continue;
      throw new TypeError(
        `Cannot call ${nameOf(call)}: ${of} has no "${name}", wanted ${right}${example(call)}`,
      );
    }
  }
}

/** The option that was meant; undefined where an unknown name does no harm. */
function rightName(name: string, known: readonly string[], more: CheckOptions): string | undefined {
  const { instead = {}, lenient = false } = more;
  if (Object.hasOwn(instead, name)) return instead[name];
  const near = nearNames(name, known);
  if (near.length > 0) return lenient && !isClose(name, near[0]!) ? undefined : near[0];
  if (lenient) return undefined;
  return known.length === 0 ? "none" : `one of ${known.join(", ")}`;
}

function isClose(name: string, known: string): boolean {
  return Math.abs(name.length - known.length) <= 2 && name.slice(0, 3).toLowerCase() === known.slice(0, 3);
}

function refusal(
  call: string,
  { name, value, check }: { readonly name: string; readonly value: unknown; readonly check: Check },
): Error {
  const near = typeof value === "string" && check.names !== undefined ? nearNames(value, check.names()) : [];
  const wanted = near.length === 0 ? check.wanted : `perhaps ${near.join(", ")}`;
  const message = `Cannot call ${nameOf(call)}: ${name} is ${valueInWords(value)}, wanted ${wanted}${
    example(call)
  }`;
  const type: string = typeof value;
  return type === check.type ? new RangeError(message) : new TypeError(message);
}

function nameOf(call: string): string {
  return call.slice(0, call.indexOf("("));
}

function example(call: string): string {
  return `, such as ${call}`;
}

/** Longest piece of a text that is repeated to the one who gave it. */
const LONGEST_TEXT = 60;

/** What a value is, for a sentence: "the text "steady"", "not given", "a promise (await is missing)". */
export function valueInWords(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "not given";
    case "string":
      return value === ""
        ? "an empty text"
        : `the text ${
          JSON.stringify(value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value)
        }`;
    case "number":
      return Number.isNaN(value) ? "not a number (NaN)" : `the number ${value}`;
    case "function":
      return "a function";
    case "object":
      return objectInWords(value);
    default:
      return String(value);
  }
}

function objectInWords(value: object | null): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (has(value, "then")) return "a promise (is await missing?)";
  const maker: unknown = value.constructor;
  if (typeof maker === "function" && maker !== Object && maker.name !== "") {
    return `${/^[AEIO]/.test(maker.name) ? "an" : "a"} ${maker.name}`;
  }
  const names = Object.keys(value);
  if (names.length === 0) return "an empty object";
  return `an object with ${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function has(value: object, name: PropertyKey): boolean {
  return name in value;
}

function hasAll(value: unknown, names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && names.every((name) => name in value);
}
