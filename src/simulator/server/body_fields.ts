/**
 * Reads the fields of a body as the validator behind the real server (pydantic) does: the same conversions, and all that is
 * wrong at once, in its words.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";

/** A JSON object. */
export type Body = Readonly<Record<string, unknown>>;

/** What is wrong with one field. */
interface FieldError {
  readonly type: string;
  readonly loc: string;
  readonly msg: string;
  readonly input: unknown;
  /** As Python prints it. */
  readonly ctx?: string;
}

const LONGEST_INPUT = 200;

/** A value as the error tells it: long ones cut, collections by their size. */
function inputText(value: unknown): string {
  if (Array.isArray(value)) return `<list of ${value.length} items>`;
  if (typeof value === "object" && value !== null) return `<dict of ${Object.keys(value).length} items>`;
  if (value === undefined || value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isNaN(value) ? "nan" : String(value);
  const text = String(value);
  return text.length > LONGEST_INPUT ? `${text.slice(0, LONGEST_INPUT)}...[truncated]` : text;
}

/** A text as Python's `repr` writes it. */
export function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\n\r\t]/g, (character) => ESCAPED[character]!);
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

const ESCAPED: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Collects what is wrong with a body. */
export class FieldErrors {
  readonly #errors: FieldError[] = [];

  /** Something is wrong. */
  add(error: FieldError): void {
    this.#errors.push(error);
  }

  /**
   * Refuses the body if something was wrong with it.
   *
   * @throws ApiError (400) with all of it
   */
  refuse(): void {
    if (this.#errors.length === 0) return;
    const lines = this.#errors.map(({ type, loc, msg, input, ctx }) =>
      `  {'type': '${type}', 'loc': '${loc}', 'msg': ${pythonString(msg)}, 'input': ${
        pythonString(inputText(input))
      }${ctx === undefined ? "" : `, 'ctx': ${ctx}`}}`
    );
    const title = `${lines.length} validation error${lines.length === 1 ? "" : "s"}:`;
    throw new ApiError(400, [title, ...lines].join("\n"), "Bad Request", this.#errors[0]!.loc);
  }
}

/** One thing wrong, refused at once. */
export function refusal(error: FieldError): ApiError {
  const errors = new FieldErrors();
  errors.add(error);
  try {
    errors.refuse();
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new TypeError("Cannot refuse a body: nothing is wrong with it");
}

/** Reads fields one by one; what is wrong is collected and read as undefined. */
export class FieldReader {
  readonly #body: Body;
  readonly #errors: FieldErrors;
  readonly #path: string;

  constructor(body: Body, errors: FieldErrors, path = "body") {
    this.#body = body;
    this.#errors = errors;
    this.#path = path;
  }

  /** A whole number; absent, or null where that is allowed: undefined. */
  integer(field: string, options: { readonly nullable?: boolean } = {}): number | undefined {
    const value = this.#body[field];
    if (this.#isLeftOut(value, options.nullable ?? true)) return undefined;
    return integerOf(value, `${this.#path}.${field}`, this.#errors);
  }

  /** A number. */
  number(field: string): number | undefined {
    const value = this.#body[field];
    if (this.#isLeftOut(value, true)) return undefined;
    if (typeof value === "number") return value;
    if (typeof value === "boolean") return Number(value);
    const parsed = typeof value === "string" ? numberOf(value) : undefined;
    if (parsed !== undefined) return parsed;
    const isText = typeof value === "string";
    return this.#wrong(field, {
      type: isText ? "float_parsing" : "float_type",
      msg: `Input should be a valid number${isText ? ", unable to parse string as a number" : ""}`,
    });
  }

  /** Yes or no, in any of the spellings that the validator takes. */
  flag(field: string, options: { readonly nullable?: boolean } = {}): boolean | undefined {
    const value = this.#body[field];
    if (this.#isLeftOut(value, options.nullable ?? false)) return undefined;
    if (typeof value === "boolean") return value;
    if (typeof value === "string" || typeof value === "number") {
      const known = FLAGS[String(value).toLowerCase()];
      if (known !== undefined) return known;
      return this.#wrong(field, {
        type: "bool_parsing",
        msg: "Input should be a valid boolean, unable to interpret input",
      });
    }
    return this.#wrong(field, { type: "bool_type", msg: "Input should be a valid boolean" });
  }

  /** A text. */
  text(field: string): string | undefined {
    const value = this.#body[field];
    if (this.#isLeftOut(value, true)) return undefined;
    if (typeof value === "string") return value;
    return this.#wrong(field, { type: "string_type", msg: "Input should be a valid string" });
  }

  /** An object with fields of its own. */
  object(field: string): FieldReader | undefined {
    const value = this.#body[field];
    if (this.#isLeftOut(value, true)) return undefined;
    if (isBody(value)) return new FieldReader(value, this.#errors, `${this.#path}.${field}`);
    return this.#wrong(field, {
      type: "model_attributes_type",
      msg: "Input should be a valid dictionary or object to extract fields from",
    });
  }

  /** A list, of whatever. */
  list(field: string): readonly unknown[] | undefined {
    const value = this.#body[field];
    if (this.#isLeftOut(value, true)) return undefined;
    if (Array.isArray(value)) return value;
    return this.#wrong(field, { type: "list_type", msg: "Input should be a valid list" });
  }

  /** One text or up to four. */
  stops(field: string): readonly string[] {
    const value = this.#body[field];
    if (this.#isLeftOut(value, true)) return [];
    if (typeof value === "string") return [value];
    const isList = Array.isArray(value);
    if (isList && value.length <= 4 && value.every((item) => typeof item === "string")) return value;
    this.#wrong(field, { type: "string_type", msg: "Input should be a valid string" });
    if (!isList) this.#wrong(field, { type: "list_type", msg: "Input should be a valid list" });
    else if (value.length > 4) {
      this.#wrong(field, {
        type: "too_long",
        msg: `List should have at most 4 items after validation, not ${value.length}`,
        ctx: `{'field_type': 'List', 'max_length': 4, 'actual_length': ${value.length}}`,
      });
    } else {
      for (const [index, item] of value.entries()) {
        if (typeof item === "string") continue;
        const loc = `${this.#path}.${field}.${index}`;
        this.#errors.add({ type: "string_type", loc, msg: "Input should be a valid string", input: item });
      }
    }
    return [];
  }

  /** The field has to be there; tells of it where it is not. */
  require(field: string): void {
    if (this.#body[field] !== undefined) return;
    const loc = `${this.#path}.${field}`;
    this.#errors.add({ type: "missing", loc, msg: "Field required", input: this.#body });
  }

  #isLeftOut(value: unknown, nullable: boolean): boolean {
    return value === undefined || (value === null && nullable);
  }

  #wrong(
    field: string,
    error: { readonly type: string; readonly msg: string; readonly ctx?: string },
  ): undefined {
    this.#errors.add({ ...error, loc: `${this.#path}.${field}`, input: this.#body[field] });
    return undefined;
  }
}

/** True for a JSON object. */
export function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const FLAGS: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...["true", "yes", "on", "t", "y", "1"].map((word) => [word, true] as const),
  ...["false", "no", "off", "f", "n", "0"].map((word) => [word, false] as const),
]);

/** Reads a whole number as pydantic does. */
export function integerOf(value: unknown, loc: string, errors: FieldErrors): number | undefined {
  const wrong = (type: string, msg: string) => {
    errors.add({ type, loc, msg, input: value });
    return undefined;
  };
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "number") {
    if (Number.isInteger(value)) return value;
    return wrong("int_from_float", "Input should be a valid integer, got a number with a fractional part");
  }
  if (typeof value !== "string") return wrong("int_type", "Input should be a valid integer");
  const parsed = numberOf(value);
  if (parsed !== undefined && Number.isInteger(parsed)) return parsed;
  return wrong("int_parsing", "Input should be a valid integer, unable to parse string as an integer");
}

function numberOf(text: string): number | undefined {
  return /^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
