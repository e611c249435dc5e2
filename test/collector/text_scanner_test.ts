import assert from "node:assert/strict";
import fc from "fast-check";
import { TextScanner } from "../../src/collector/text_scanner.ts";

function over(text: string): TextScanner {
  return new TextScanner().over(new TextEncoder().encode(text));
}

Deno.test("TextScanner.number() gives what Number() gives, for every number that the kernel writes", () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (value) => {
      assert.equal(over(`  ${value} x`).number(), value);
    }),
    { seed: 1 },
  );
  fc.assert(
    fc.property(fc.nat({ max: 1e9 }), fc.nat({ max: 99 }), (whole, hundredths) => {
      const text = `${whole}.${String(hundredths).padStart(2, "0")}`;
      assert.equal(over(`\t${text}`).number(), Number(text));
    }),
    { seed: 2 },
  );
});

Deno.test("TextScanner.number() stays where no number stands", () => {
  const text = over("a 5");
  assert(Number.isNaN(text.number()));
  assert.equal(text.word(), "a");
  assert.equal(text.number(), 5);
  assert(Number.isNaN(text.number()));
  assert(text.isAtEnd);
});

Deno.test("TextScanner goes over words within a line, and from line to line", () => {
  const text = over("one two three\nfour:5 six\n\nlast");
  text.skipWords(2);
  assert.equal(text.word(), "three");
  text.skipWords(3); // Not beyond the line.
  assert.equal(text.word(), "");
  text.skipLine();
  assert.equal(text.word(58), "four");
  assert(text.take(":"));
  assert(!text.take("6"));
  assert.equal(text.number(), 5);
  text.skipLine();
  assert.equal(text.byte, 10);
  text.skipLine();
  assert(!text.skipPast(58));
  assert(!text.take("lasting"));
  assert(text.take("last"));
  assert.equal(text.byte, -1);
  text.skipLine();
  assert(text.isAtEnd);
});

Deno.test("TextScanner finds the last of a byte, but none that lies behind it", () => {
  const text = over("1 (a) b) c");
  assert(text.skipPastLast(41));
  assert.equal(text.word(), "c");
  assert(!text.skipPastLast(41));
});
