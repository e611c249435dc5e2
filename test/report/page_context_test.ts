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

Deno.test("labelsText() leaves out what every series of a target has: its pod, its address, its model", () => {
  const pod = (n: number, engine: string) => ({
    app: "llama",
    engine,
    instance: `10.0.0.${n}:8000`,
    pod: `llama-7d9f-${n}`,
    target: `10.0.0.${n}:8000`,
  });
  const all = [pod(1, "0"), pod(1, "1"), pod(2, "0"), pod(2, "1")];
  assert.equal(labelsText(all[3]!, all), "engine=1, target=10.0.0.2:8000");
  // One series each: what differs may be the series' own. The address says what the target does.
  const apart = [pod(1, "0"), pod(2, "1")];
  assert.equal(labelsText(apart[1]!, apart), "engine=1, pod=llama-7d9f-2, target=10.0.0.2:8000");
  // Without another target beside it, nothing is told by it.
  const alone = [{ model: "a", target: "x" }, { model: "b", target: "x" }];
  assert.equal(labelsText(alone[0]!, alone), "model=a");
});
