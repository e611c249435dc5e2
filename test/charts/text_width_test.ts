import assert from "node:assert/strict";
import fc from "fast-check";
import { fitEnd, fitMiddle, textWidth, wrap } from "../../src/charts/text_width.ts";

Deno.test("fitMiddle() and fitEnd() never exceed the width and keep what fits", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.integer({ min: 20, max: 400 }),
      (text, width) => {
        for (const fitted of [fitMiddle(text, width, 11), fitEnd(text, width, 11)]) {
          assert.ok(textWidth(fitted, 11) <= width + 1e-6, fitted);
        }
      },
    ),
    { seed: 2, numRuns: 500 },
  );
  assert.equal(fitMiddle("short", 200, 11), "short");
  assert.match(fitMiddle("meta-llama/Llama-4-Maverick-17B-128E", 130, 11), /^meta-.*….*128E$/);
});

Deno.test("wrap() breaks between words, in Chinese anywhere, and ends what is too long", () => {
  const options = { width: 100, fontSize: 10, maxLines: 2 };
  assert.deepEqual(wrap("no data at all in this time", options), ["no data at all in", "this time"]);
  assert.deepEqual(wrap("這段時間沒有運行中的請求的資料", options), ["這段時間沒有運行中的", "請求的資料"]);
  const long = wrap("a very long reason that nobody would ever read to its end", options);
  assert.equal(long.length, 2);
  assert.match(long[1] ?? "", /…$/);
  assert.deepEqual(wrap("", options), []);
});

Deno.test("wrap() begins no Chinese line with a mark that closes, and ends none with one that opens", () => {
  const broken = (text: string, until: string) =>
    wrap(text, { width: textWidth(until, 11), fontSize: 11, maxLines: 2 });
  // Each breaks where the width ends but for the mark.
  assert.deepEqual(broken("第一個 token 延遲（TTFT）", "第一個 token 延遲（TTFT"), [
    "第一個 token 延遲",
    "（TTFT）",
  ]);
  assert.deepEqual(broken("第一個 token 延遲（佇列）", "第一個 token 延遲（"), [
    "第一個 token 延遲",
    "（佇列）",
  ]);
  assert.deepEqual(broken("這段時間沒有運行中的，請求", "這段時間沒有運行中的"), [
    "這段時間沒有運行中",
    "的，請求",
  ]);
});

Deno.test("wrap() leaves a number with its unit", () => {
  const width = textWidth("a queue of (4.57", 10) + 1;
  const options = { width, fontSize: 10, maxLines: 3 };
  assert.deepEqual(wrap("a queue of (4.57 s).", options), ["a queue of", "(4.57 s)."]);
  assert.deepEqual(wrap("a queue of (4.57 more", options), ["a queue of (4.57", "more"]);
});

Deno.test("wrap() keeps what stands between middle dots whole where the lines suffice", () => {
  const options = { width: 100, fontSize: 10, maxLines: 2 };
  const key = "1) 2 users · 2) 20 users";
  assert.deepEqual(wrap(key, options), ["1) 2 users", "2) 20 users"]);
  assert.deepEqual(wrap("a · b · c", options), ["a · b · c"]);
  // A part longer than a line, or more lines than there are: as words.
  assert.deepEqual(wrap("one part that is much too long · b", options), [
    "one part that is",
    "much too long · b",
  ]);
  assert.equal(wrap("1) 14 users · 2) 20 users · 3) no new users", options).length, 2);
});
