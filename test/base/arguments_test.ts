import assert from "node:assert/strict";
import {
  checkArgument,
  checkOptions,
  type Checks,
  FLAG,
  LIST,
  needed,
  NUMBER,
  oneOf,
  TEXT,
  valueInWords,
} from "../../src/base/arguments.ts";

interface Options {
  readonly targets: readonly string[];
  readonly intervalSeconds?: number;
  readonly theme?: string;
  readonly quiet?: boolean;
}

const CHECKS: Checks<Options> = {
  targets: needed(LIST),
  intervalSeconds: NUMBER,
  theme: oneOf(["light", "dark"]),
  quiet: FLAG,
};

const CALL = 'new Watch({ targets: ["a"] })';

Deno.test("checkOptions() says what was given, what is wanted, and an example", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [undefined, "TypeError: Cannot call new Watch: targets is not given, wanted a list"],
    [null, "TypeError: Cannot call new Watch: its options are null, wanted an object"],
    ["a", 'TypeError: Cannot call new Watch: its options are the text "a", wanted an object'],
    [["a"], "TypeError: Cannot call new Watch: its options are a list, wanted an object"],
    [{ targets: "a" }, 'TypeError: Cannot call new Watch: targets is the text "a", wanted a list'],
    [
      { targets: [], interval: 2 },
      'TypeError: Cannot call new Watch: it has no option "interval", wanted intervalSeconds',
    ],
    [{ urls: [] }, 'TypeError: Cannot call new Watch: it has no option "urls", wanted targets'],
    [
      { targets: [], colour: 1 },
      'TypeError: Cannot call new Watch: it has no option "colour", wanted one of targets, intervalSeconds, theme, quiet',
    ],
    [
      { targets: [], intervalSeconds: "2" },
      'TypeError: Cannot call new Watch: intervalSeconds is the text "2", wanted a number',
    ],
    [
      { targets: [], intervalSeconds: NaN },
      "RangeError: Cannot call new Watch: intervalSeconds is not a number (NaN), wanted a number",
    ],
    [
      { targets: [], theme: "drak" },
      'RangeError: Cannot call new Watch: theme is the text "drak", wanted perhaps dark',
    ],
    [
      { targets: [], quiet: Promise.resolve(true) },
      "TypeError: Cannot call new Watch: quiet is a promise (is await missing?), wanted true or false",
    ],
  ];
  for (const [given, message] of cases) {
    assert.throws(
      () => checkOptions<Options>(CALL, given, CHECKS, { instead: { urls: "targets" } }),
      (error: Error) => {
        assert.equal(String(error), `${message}, such as ${CALL}`);
        return true;
      },
    );
  }
});

Deno.test("checkOptions() lets through what fits, what is undefined and what is said to do no harm", () => {
  const fitting: readonly unknown[] = [
    { targets: ["a"] },
    { targets: ["a"], intervalSeconds: undefined, colour: undefined },
    { targets: ["a"], intervalSeconds: 2, theme: "dark", quiet: false },
    Object.assign(Object.create({ inherited: 1 }), { targets: [] }),
  ];
  for (const given of fitting) checkOptions<Options>(CALL, given, CHECKS);
  checkOptions<Options>(CALL, { targets: [], clock: 1 }, CHECKS, { also: ["clock"] });
  checkOptions<Options>(CALL, { targets: [], mode: 1, simulated: 2 }, CHECKS, { lenient: true });
  assert.throws(
    () => checkOptions<Options>(CALL, { targets: [], quite: true }, CHECKS, { lenient: true }),
    /wanted quiet/,
  );
});

Deno.test("checkArgument() names the argument", () => {
  checkArgument("wait(5)", { seconds: 5 }, NUMBER);
  assert.throws(
    () => checkArgument("wait(5)", { seconds: "5" }, NUMBER),
    /^TypeError: Cannot call wait: seconds is the text "5", wanted a number, such as wait\(5\)$/,
  );
  assert.throws(() => checkArgument("say(text)", { text: "" }, TEXT), /text is an empty text, wanted a text/);
});

Deno.test("valueInWords() describes without showing much of it", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [undefined, "not given"],
    [null, "null"],
    [0.5, "the number 0.5"],
    [true, "true"],
    [[], "an empty list"],
    [{}, "an empty object"],
    [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, "an object with a, b, c, d, …"],
    [new Map(), "a Map"],
    [new URL("http://secret@host"), "a URL"],
    [() => 1, "a function"],
    [Object.create(null), "an empty object"],
    ["x".repeat(100), `the text "${"x".repeat(60)}…"`],
    [Symbol("a"), "Symbol(a)"],
    [10n, "10"],
  ];
  for (const [value, words] of cases) assert.equal(valueInWords(value), words);
});
