/**
 * Servers behind one fetch on a virtual clock, under load; one of them crashes and comes back.
 *
 * @module
 */
import { sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";

/** When it begins. */
export const T0 = Date.UTC(2026, 0, 5, 9) / 1000;
const FIRST_PORT = 8000;

/** What is watched. */
export interface WatchedServers {
  readonly collector: RealTimeMetricsCollector;
  /** Stands at the end of what was watched. */
  readonly clock: VirtualClock;
}

/** `count` servers for `seconds`; the second crashes at `crashSeconds`, and loads its model for about 20 s; beyond `seconds` none crashes. */
export async function watchServers(
  options: { readonly count?: number; readonly seconds?: number; readonly crashSeconds?: number } = {},
): Promise<WatchedServers> {
  const { count = 3, seconds = 100, crashSeconds = 40 } = options;
  const clock = new VirtualClock(T0);
  const servers = Array.from(
    { length: count },
    (_, index) => SimulatedVllm.inProcess({ clock, seed: index + 1 }),
  );
  const addresses = servers.map((_, index) => `http://127.0.0.1:${FIRST_PORT + index}`);
  const route: typeof fetch = (input, init) => {
    const { port } = new URL(input instanceof Request ? input.url : String(input));
    const server = servers[Number(port) - FIRST_PORT];
    return server === undefined ? Promise.reject(new TypeError("no such port")) : server.fetch(input, init);
  };
  const collector = new RealTimeMetricsCollector({
    targets: addresses.map((url, index) => ({ id: `server-${index + 1}`, url })),
    intervalSeconds: 1,
    clock,
    fetch: route,
    system: false,
    gpu: false,
  });
  const loads = addresses.map((address, index) =>
    new VllmWorkloadSimulator({ apiBase: `${address}/v1`, clock, fetch: route, seed: index + 1 })
  );
  await clock.drive(async () => {
    collector.start();
    const running = loads.map((load) =>
      load.simulateSteadyLoad({ durationSeconds: seconds - 5, requestsPerMinute: 120 })
    );
    await sleep(clock, Math.min(crashSeconds, seconds));
    if (crashSeconds < seconds) await servers[1 % count]?.incidents.start("crash");
    await sleep(clock, Math.max(seconds - crashSeconds, 0));
    await Promise.all(running);
    await collector.stop();
  });
  return { collector, clock };
}
