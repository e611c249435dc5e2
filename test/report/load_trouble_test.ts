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

Deno.test("troubleLines() says first that the server was lost, and then does not call its open requests long answers", async () => {
  const [first, ...others] = await lines(true);
  assert.match(
    first!,
    /^The server was lost before the end: .+ 4 requests failed or waited in vain after that\.$/,
  );
  assert.ok(others.every((line) => !line.includes("longest answers are missing")), others.join("\n"));
});

Deno.test("troubleLines() says of answers that the drain cut that the longest are missing", async () => {
  const [first] = await lines(false);
  assert.match(first!, /^4 of the requests were cut .+ the longest answers are missing/);
});
