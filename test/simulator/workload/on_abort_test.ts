import assert from "node:assert/strict";
import { onAbort } from "../../../src/simulator/workload/on_abort.ts";

Deno.test("onAbort() calls each listener once, in order, when the signal aborts", () => {
  const controller = new AbortController();
  const calls: string[] = [];
  const twice = () => calls.push("same");
  onAbort(controller.signal, () => calls.push("first"));
  onAbort(controller.signal, twice);
  onAbort(controller.signal, twice);
  controller.abort();
  controller.abort();
  assert.deepEqual(calls, ["first", "same", "same"]);
});

Deno.test("onAbort() calls at once when the signal has aborted, also after a first listener was told", () => {
  const controller = new AbortController();
  const calls: string[] = [];
  onAbort(controller.signal, () => {
    calls.push("listening");
    onAbort(controller.signal, () => calls.push("inside"));
  });
  controller.abort();
  onAbort(controller.signal, () => calls.push("after"));
  assert.deepEqual(calls, ["listening", "inside", "after"]);
});

Deno.test("onAbort() takes only its own listener off, and not twice", () => {
  const controller = new AbortController();
  const calls: string[] = [];
  const same = () => calls.push("same");
  const stop = onAbort(controller.signal, same);
  onAbort(controller.signal, same);
  stop();
  stop();
  controller.abort();
  assert.deepEqual(calls, ["same"]);
});

Deno.test("onAbort() puts one listener on the signal, however many listen", () => {
  const controller = new AbortController();
  let added = 0;
  const add = controller.signal.addEventListener.bind(controller.signal);
  controller.signal.addEventListener = (
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ) => {
    added++;
    add(type, listener, options);
  };
  const stops = Array.from({ length: 1000 }, () => onAbort(controller.signal, () => {}));
  for (const stop of stops) stop();
  assert.equal(added, 1);
});
