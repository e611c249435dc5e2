import assert from "node:assert/strict";
import { readContext } from "../../src/charts/context.ts";
import { gaugeLines } from "../../src/charts/lines.ts";
import { fakeSource } from "../helpers/fake_source.ts";

Deno.test("gaugeLines() ends a line in a break when its series was marked absent behind its last point", async () => {
  const source = fakeSource({
    span: { startSeconds: 0, endSeconds: 10 },
    intervalSeconds: 1,
    series: [{
      quantity: "kv_cache_usage",
      value: (time) => time <= 4 ? 0.5 : undefined,
      staleAt: [5],
    }],
  });
  const [line] = await gaugeLines(await readContext(source, { timeZone: "UTC" }), "kv_cache_usage");
  assert.deepEqual([...line?.timesSeconds ?? []], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...line?.values ?? []], [0.5, 0.5, 0.5, 0.5, 0.5, NaN]);
  assert.equal(line?.current, undefined);
});
