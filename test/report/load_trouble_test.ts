import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { troubleLines } from "../../src/report/load_trouble.ts";
import { runLoad } from "../../src/simulator/workload/load.ts";
import { START } from "../simulator/workload/lab.ts";
import { mockApi } from "../simulator/workload/mock_api.ts";

/** Four users of a server that hangs from its tenth second on, or is only slow. */
async function lines(isHung: boolean): Promise<readonly string[]> {
  const clock = new VirtualClock(START);
  const { fetch } = mockApi(
    clock,
    (_, now) =>
      isHung && now - START >= 10
        ? { kind: "hangs" }
        : { kind: "stream", ttftSeconds: 0.1, itlSeconds: 0.5, tokens: 12 },
  );
  const result = await runLoad({
    url: "http://127.0.0.1:8000",
    model: "m",
    fetch,
    clock,
    concurrency: 4,
    durationSeconds: 20,
    drainSeconds: isHung ? 10 : 1,
  });
  return troubleLines(result, "en");
}

// Requests that only waited prove no loss: a server whose cache others' long requests hold gives them no token either.
Deno.test("troubleLines() says first that no token came any more, and then does not call open requests long answers", async () => {
  const [first, ...others] = await lines(true);
  assert.match(
    first!,
    /^No token came in the last 1\d.* s, though 4 requests waited: the server hangs, is gone, or works for others' requests/,
  );
  assert.ok(others.every((line) => !line.includes("longest answers are missing")), others.join("\n"));
});

Deno.test("troubleLines() says of answers that the drain cut that the longest are missing", async () => {
  const [first] = await lines(false);
  assert.match(first!, /^4 of the requests were cut .+ the longest answers are missing/);
});
