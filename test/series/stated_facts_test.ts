import assert from "node:assert/strict";
import { capacityOf } from "../../src/analyzer/capacity_report.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { wholeSource, withinSpan } from "../../src/series/narrow.ts";
import { withStatedFacts } from "../../src/series/stated_facts.ts";
import { STATIC } from "../door/things.ts";

Deno.test("withStatedFacts() gives servers what a person knows of them, and leaves what they tell themselves", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const stated = withStatedFacts(source, { maxNumSequences: 8 });
  const [before, after] = [await source.facts(), await stated.facts()];
  assert.deepEqual(
    after,
    before.map((facts) => facts.kind === "vllm" ? { maxNumSequences: 8, ...facts } : facts),
  );
  assert.equal(after.filter(({ maxNumSequences }) => maxNumSequences === 8).length, 1);
  assert.deepEqual(await withStatedFacts(stated, { maxNumSequences: 99 }).facts(), after);
  const [server] = await capacityOf(stated);
  assert.deepEqual([server!.places.limit, server!.places.limitFrom], [{ value: 8 }, "facts"]);
  assert.deepEqual(await stated.span(), await source.span());
});

Deno.test("withStatedFacts() refuses a limit that is none", () => {
  for (const maxNumSequences of [0, 1.5, NaN]) {
    assert.throws(() => withStatedFacts(STATIC, { maxNumSequences }), RangeError);
  }
});

Deno.test("withStatedFacts() of a stretch keeps the way to the time before it, with the same facts there", async () => {
  const shipped = await openShippedData("vllm-0.32.0-cpu");
  const held = (await shipped.span())!;
  const span = { startSeconds: held.endSeconds - 60, endSeconds: held.endSeconds };
  const stretch = withStatedFacts(withinSpan(shipped, span), { maxNumSequences: 8 });
  assert.deepEqual(await stretch.span(), span);
  const whole = wholeSource(stretch);
  assert.deepEqual(await whole.span(), held);
  assert.deepEqual(await whole.facts(), await stretch.facts());
  const plain = withStatedFacts(shipped, { maxNumSequences: 8 });
  assert.equal(wholeSource(plain), plain);
});
