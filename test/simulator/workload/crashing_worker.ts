/** The engine's thread, of which the second breaks down after a while. */
/// <reference lib="deno.worker" />
import "../../../src/simulator/workload/engine_worker.ts";

if (self.name.endsWith("2")) {
  self.addEventListener("message", (event) => {
    if (event.data.kind === "start") {
      setTimeout(() => {
        throw new Error("out of order");
      }, 500);
    }
  });
}
