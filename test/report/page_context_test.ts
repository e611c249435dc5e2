import assert from "node:assert/strict";
import { instantText, labelsText, pageContext } from "../../src/report/page_context.ts";

const MORNING = Date.UTC(2026, 10, 24, 8) / 1000;

Deno.test("instantText() leaves the day out where the page has one only", () => {
  const oneDay = pageContext({ startSeconds: MORNING, endSeconds: MORNING + 3600 }, "en");
  assert.equal(instantText(MORNING + 61, oneDay), "08:01:01Z");
  assert.equal(instantText(MORNING - 86_400, oneDay), "2026-11-23T08:00:00Z", "another day keeps its date");
  const twoDays = pageContext({ startSeconds: MORNING, endSeconds: MORNING + 86_400 }, "en");
  assert.equal(instantText(MORNING, twoDays), "2026-11-24T08:00:00Z");
  assert.equal(instantText(MORNING, pageContext(undefined, "en")), "2026-11-24T08:00:00Z");
});

Deno.test("labelsText() keeps the labels that tell series apart", () => {
  const stop = { engine: "0", model_name: "m", finished_reason: "stop" };
  const length = { engine: "0", model_name: "m", finished_reason: "length" };
  const merged = {};
  const gpu = { gpu: "0", uuid: "GPU-1", name: "L4" };
  const all = [stop, length, merged, gpu];
  assert.deepEqual(all.map((labels) => labelsText(labels, all)), [
    "finished_reason=stop",
    "finished_reason=length",
    "",
    "gpu=0",
  ]);
  const second = { ...stop, engine: "1" };
  assert.equal(labelsText(second, [...all, second]), "engine=1, finished_reason=stop");
});
