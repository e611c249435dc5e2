/**
 * JSON as Python reads it: the same errors at the same places, `NaN` and infinities taken.
 *
 * @module
 */

/** Text that is no JSON, in the words of Python's decoder. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  /** @param position characters before the place that is meant */
  constructor(message: string, readonly position: number) {
    super(message);
  }
}

/** Python gives up on deeper nesting. */
const DEEPEST = 900;
const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
const WORDS: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  false: false,
  NaN: NaN,
  Infinity: Infinity,
  "-Infinity": -Infinity,
};
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * Reads JSON.
 *
 * @throws JsonError where Python's decoder would; RangeError for nesting that is too deep
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return new Decoder(text).whole();
  }
}

/** Slow and exact; only for what the platform's parser refuses. */
class Decoder {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    this.#skipSpace();
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new JsonError("Extra data", this.#at);
    return value;
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #value(depth: number): unknown {
    if (depth > DEEPEST) throw new RangeError("Cannot read JSON: it is nested too deep");
    const next = this.#text[this.#at];
    if (next === '"') return this.#string();
    if (next === "{") return this.#object(depth);
    if (next === "[") return this.#array(depth);
    for (const [word, value] of Object.entries(WORDS)) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number === undefined) throw new JsonError("Expecting value", this.#at);
    this.#at += number.length;
    return Number(number);
  }

  #object(depth: number): unknown {
    const entries: [string, unknown][] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#take("}")) return {};
    for (;;) {
      if (this.#text[this.#at] !== '"') {
        throw new JsonError("Expecting property name enclosed in double quotes", this.#at);
      }
      const name = this.#string();
      this.#skipSpace();
      if (!this.#take(":")) throw new JsonError("Expecting ':' delimiter", this.#at);
      this.#skipSpace();
      entries.push([name, this.#value(depth + 1)]);
      this.#skipSpace();
      if (this.#take("}")) return Object.fromEntries(entries);
      if (!this.#take(",")) throw new JsonError("Expecting ',' delimiter", this.#at);
      this.#skipSpace();
    }
  }

  #array(depth: number): unknown {
    const items: unknown[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#take("]")) return items;
    for (;;) {
      items.push(this.#value(depth + 1));
      this.#skipSpace();
      if (this.#take("]")) return items;
      if (!this.#take(",")) throw new JsonError("Expecting ',' delimiter", this.#at);
      this.#skipSpace();
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #string(): string {
    const start = this.#at++;
    let value = "";
    for (;;) {
      const next = this.#text[this.#at];
      if (next === undefined) throw new JsonError("Unterminated string starting at", start);
      if (next === '"') {
        this.#at++;
        return value;
      }
      if (next < " ") throw new JsonError("Invalid control character at", this.#at);
      if (next === "\\") value += this.#escape(start);
      else {
        value += next;
        this.#at++;
      }
    }
  }

  #escape(start: number): string {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw new JsonError("Unterminated string starting at", start);
    if (letter === "u") {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw new JsonError("Invalid \\uXXXX escape", this.#at + 1);
      this.#at += 6;
      return String.fromCharCode(parseInt(digits, 16));
    }
    const value = ESCAPES[letter];
    if (value === undefined) throw new JsonError("Invalid \\escape", this.#at);
    this.#at += 2;
    return value;
  }
}
