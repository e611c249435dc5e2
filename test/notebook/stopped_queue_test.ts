import assert from "node:assert/strict";
import { StoppedQueue } from "../../src/notebook/stopped_queue.ts";

function queueAt(clock: { ms: number }): StoppedQueue {
  return new StoppedQueue({ nowMs: () => clock.ms });
}

Deno.test("StoppedQueue refuses the cells that follow a stopped one closely, and no later one", () => {
  const clock = { ms: 0 };
  const queue = queueAt(clock);
  assert.equal(queue.refuses(), false);
  queue.stop();
  clock.ms = 2_000;
  assert.equal(queue.refuses(), false, "the stopped cell's own last output");
  assert.equal(queue.takeStop(), true);
  assert.equal(queue.takeStop(), false, "once");
  for (const ms of [2_010, 3_000, 4_400]) {
    clock.ms = ms;
    assert.equal(queue.refuses(), true, `${ms}`);
  }
  clock.ms = 6_000;
  assert.equal(queue.refuses(), false, "the reader's next cell");
});

Deno.test("StoppedQueue forgets a stop that was pressed while nothing ran", () => {
  const clock = { ms: 0 };
  const queue = queueAt(clock);
  queue.stop();
  clock.ms = 3_000;
  assert.equal(queue.takeStop(), false);
  assert.equal(queue.refuses(), false);
});

Deno.test("StoppedQueue that is off refuses nothing", () => {
  const queue = new StoppedQueue({ off: true });
  queue.stop();
  assert.equal(queue.takeStop(), false);
  assert.equal(queue.refuses(), false);
});
