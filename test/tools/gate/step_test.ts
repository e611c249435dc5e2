import assert from "node:assert/strict";
import { runStep, runSteps, type Step } from "../../../tools/gate/step.ts";

function held(name: string): Step & { end(problem: string): void; begun: Promise<void> } {
  const problem = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  return {
    name,
    end: problem.resolve,
    begun: begun.promise,
    run() {
      begun.resolve();
      return problem.promise;
    },
  };
}

Deno.test("runStep() fails a step that throws", async () => {
  const { problem } = await runStep({ name: "x", run: () => Promise.reject(new RangeError("too far")) });
  assert.match(problem, /too far/);
});

Deno.test("runSteps() works on several at once and tells them in the order of the list", async () => {
  const [a, b, c] = [held("a"), held("b"), held("c")];
  const results = Array.fromAsync(
    runSteps([a, b, c], { signal: new AbortController().signal, atOnce: 2 }),
    ({ name, problem }) => [name, problem],
  );
  await a.begun;
  await b.begun;
  b.end("broken");
  await c.begun;
  c.end("");
  a.end("");
  assert.deepEqual(await results, [["a", ""], ["b", "broken"], ["c", ""]]);
});

Deno.test("runSteps() has no result of a step that was cut and begins no other", async () => {
  const stop = new AbortController();
  const [a, b, c] = [held("a"), held("b"), held("c")];
  const results = Array.fromAsync(
    runSteps([a, b, c], { signal: stop.signal, atOnce: 1 }),
    ({ name }) => name,
  );
  a.end("");
  await b.begun;
  stop.abort();
  b.end("killed");
  assert.deepEqual(await results, ["a"]);
});
