import assert from "node:assert/strict";
import { parseLimit } from "../../src/analyzer/limits.ts";
import { unreadAtEnd } from "../../src/cli/unread_at_end.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

/** Two servers, watched for 20 s; those named were refused from a second on. */
function watched(refusedFrom: Readonly<Record<string, number>>): MemorySource {
  const source = new MemorySource();
  for (const target of ["a", "b"]) source.addFacts({ target, kind: "vllm", simulated: false });
  source.addFacts({ target: "system", kind: "host", simulated: false });
  for (const [target, from] of Object.entries(refusedFrom)) {
    for (let second = from; second <= 120; second++) {
      source.addEvent({
        kind: "scrape_failed",
        timeSeconds: second,
        target,
        cause: { code: "connection_refused" },
        durationSeconds: 0.001,
      });
    }
  }
  if (Object.keys(refusedFrom).length === 0) {
    source.addEvent({ kind: "note", timeSeconds: 120, text: "the end" });
  }
  return source;
}

function lines(source: MemorySource, limits: readonly string[] = [], intervalSeconds = 1) {
  return unreadAtEnd(source, {
    failOn: limits.map(parseLimit),
    objective: [],
    intervalSeconds,
    language: "en",
  });
}

Deno.test("unreadAtEnd() fails a watch with limits when one server could not be read at its end", async () => {
  const gone = ["FAIL a: could not be read when the watch ended, for 9 s by then"];
  assert.deepEqual(await lines(watched({ a: 111 }), ["ttft_p95>500ms"]), gone);
  assert.deepEqual(await lines(watched({}), ["ttft_p95>500ms"]), []);
});

Deno.test("unreadAtEnd() fails a watch without limits only when no server could be read at its end", async () => {
  assert.deepEqual(await lines(watched({ a: 111 })), []);
  assert.equal((await lines(watched({ a: 111, b: 100 }))).length, 2);
});

Deno.test("unreadAtEnd() takes a hiccup for none, and leaves the time to a limit on it", async () => {
  assert.deepEqual(await lines(watched({ a: 118, b: 118 })), []);
  assert.deepEqual(await lines(watched({ a: 111, b: 111 }), [], 5), []);
  assert.deepEqual(await lines(watched({ a: 111, b: 111 }), ["unreachable>10s"]), []);
});
