/**
 * What `monitor.ts` measures over minutes, over an hour at once: the same collector, recording, printed line and page feed on a
 * virtual clock, eight servers at 2 Hz. What is left out is what only real time has: connections, timers, findings.
 *
 * `deno run -A --v8-flags=--single-threaded-gc bench/monitor_long.ts [MINUTES [page|no-page]]` prints a row for each so many
 * minutes of the data: processor time by second of the data, and memory.
 *
 * @module
 */
import { monitorLine } from "../src/cli/monitor_line.ts";
import { VirtualClock } from "../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../src/collector/collector.ts";
import { LiveFeed } from "../src/dashboard/live_feed.ts";
import { EventHub } from "../src/live/event_hub.ts";
import { createRecording } from "../src/recording/writer.ts";
import { MovingBytes } from "./monitor_bodies.ts";
import { cpuSeconds, residentBytes } from "./process_cost.ts";

const SERVERS = 8;
const HERTZ = 2;
const MINUTES_PER_ROW = 2;
const START = 1_795_600_000;

const [minutes = "60", page = "page"] = Deno.args;
const bodies = Array.from({ length: SERVERS }, (_, index) => new MovingBytes(index + 1));
const clock = new VirtualClock(START);
const directory = await Deno.makeTempDir();
const recording = createRecording(`${directory}/long.sqlite`, { clock });
const collector = new RealTimeMetricsCollector({
  targets: bodies.map((_, index) => ({ url: `http://127.0.0.1:${9000 + index}` })),
  intervalSeconds: 1 / HERTZ,
  clock,
  retentionSeconds: 86_400,
  maxBytes: 512 * 1024 ** 2,
  recording,
  fetch: (input) => Promise.resolve(answer(new URL(input instanceof Request ? input.url : input))),
});
const feed = new LiveFeed(collector, { timeZone: "UTC" });
const hub = new EventHub("long");

function answer(url: URL): Response {
  if (url.pathname !== "/metrics") {
    return new Response("{}", { headers: { "content-type": "application/json" } });
  }
  return new Response(bodies[Number(url.port) - 9000]!.move(), { headers: { "content-type": "text/plain" } });
}

function print(cells: readonly string[]): void {
  // deno-lint-ignore no-console -- its result
  console.log(cells.map((cell) => cell.padStart(10)).join(" "));
}

print(["minute", "% core", "RSS MB", "heap MB", "in use", "external", "told KB"]);
await clock.drive(async () => {
  await feed.news();
  collector.start();
  let spent = cpuSeconds(Deno.pid) ?? NaN;
  let told = 0;
  for (let second = 1; second <= 60 * Number(minutes); second++) {
    await clock.sleepUntil(START + second + 0.3);
    await monitorLine(collector, { timeZone: "UTC" });
    const message = page === "page" ? await feed.news() : undefined;
    if (message !== undefined) hub.publish(message);
    told += message?.data.length ?? 0;
    if (second % (60 * MINUTES_PER_ROW) !== 0) continue;
    const now = cpuSeconds(Deno.pid) ?? NaN;
    const { heapTotal, heapUsed, external } = Deno.memoryUsage();
    const megabytes = [residentBytes(Deno.pid), heapTotal, heapUsed, external].map((bytes) =>
      (bytes / 1e6).toFixed(0)
    );
    const seconds = 60 * MINUTES_PER_ROW;
    print([
      String(second / 60),
      (100 * (now - spent) / seconds).toFixed(2),
      ...megabytes,
      (told / 1000 / seconds).toFixed(1),
    ]);
    [spent, told] = [now, 0];
  }
  await collector.stop();
});
recording.close();
await Deno.remove(directory, { recursive: true });
