/**
 * `deno task bench monitor`: what `deno task monitor` costs that watches eight servers twice a second, without a page and with
 * one open, beside processes that read the same servers as often and do nothing else.
 *
 * @module
 */
import { isJsonObject, objectAt } from "../src/formats/json.ts";
import { cpuSeconds, endProcess, residentBytes, seconds } from "./process_cost.ts";
import type { BenchFigure, BenchResult } from "./result.ts";

/** Before that the just-in-time compiler is at work. */
const WARM_SECONDS = 150;
const MEASURED_SECONDS = 60;
const HERTZ = 2;

const WITH_PAGE = "monitor with a page open";
const WITHOUT_PAGE = "monitor without a page";

/** Measures; takes about four minutes. */
export async function run(): Promise<BenchResult> {
  const servers = spawn(["run", "-A", pathOf("./monitor_servers.ts")], "piped");
  const urls = (await readLines(servers, 8)).map((port) => `http://127.0.0.1:${port}`);
  const directory = await Deno.makeTempDir();
  const pagePort = freePort();
  const seen = AbortSignal.timeout((WARM_SECONDS + MEASURED_SECONDS + 10) * 1000);
  const children = new Map([
    ["idle Deno process that wakes at 2 Hz", spawn(["eval", "setInterval(() => {}, 500)"])],
    ["16 reads a second over kept connections", spawn(["run", "-A", floor, "kept", ...urls])],
    ["16 reads a second by fetch", spawn(["run", "-A", floor, "fetch", ...urls])],
    [WITHOUT_PAGE, spawn(await monitor(urls, ["--out", `${directory}/a`]))],
    [WITH_PAGE, spawn(await monitor(urls, ["--out", `${directory}/b`, "--page-port", String(pagePort)]))],
  ]);
  const page = readPage(pagePort, seen);
  await seconds(WARM_SECONDS);
  const before = spentBy(children);
  await seconds(MEASURED_SECONDS);
  const after = spentBy(children);
  const memory = new Map([...children].map(([name, { pid }]) => [name, residentBytes(pid) / 1e6]));
  for (const child of [...children.values(), servers]) await endProcess(child);
  const bytes = await page;
  await Deno.remove(directory, { recursive: true });
  const share = (name: string) => 100 * (after.get(name)! - before.get(name)!) / MEASURED_SECONDS;
  const figures: BenchFigure[] = [...children.keys()].flatMap((name) => [
    { name: `${name}: processor`, value: share(name), unit: "% of a core" },
    { name: `${name}: memory`, value: memory.get(name)!, unit: "MB" },
  ]);
  figures.push(
    { name: "what the page was told", value: bytes, unit: "bytes" },
    { name: "load of the machine (tasks, mean of the last minute)", value: Deno.loadavg()[0]!, unit: "" },
  );
  const targets = [WITHOUT_PAGE, WITH_PAGE].map((name) => ({
    name: `${name}, 8 servers at ${HERTZ} Hz`,
    wanted: "at most 1.00 % of a core",
    got: `${share(name).toFixed(2)} %`,
    ok: share(name) <= 1,
  }));
  return { figures, targets };
}

const floor = pathOf("./monitor_floor.ts");

function pathOf(file: string): string {
  return new URL(file, import.meta.url).pathname;
}

function spawn(args: readonly string[], stdout: "null" | "piped" = "null"): Deno.ChildProcess {
  const cwd = pathOf("..");
  return new Deno.Command(Deno.execPath(), { args: [...args], cwd, stdin: "null", stdout, stderr: "null" })
    .spawn();
}

/** The task's own command, with its flags. */
async function monitor(urls: readonly string[], more: readonly string[]): Promise<string[]> {
  const config: unknown = JSON.parse(await Deno.readTextFile(pathOf("../deno.json")));
  const tasks = isJsonObject(config) ? objectAt(config, "tasks") : undefined;
  const task = tasks === undefined ? undefined : objectAt(tasks, "monitor");
  const command = task?.command;
  if (typeof command !== "string") {
    throw new TypeError("Cannot measure the monitor: deno.json has no such task");
  }
  const [, ...args] = command.split(" ");
  return [...args, ...urls.flatMap((url) => ["--url", url]), "--interval", String(1 / HERTZ), ...more];
}

function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return listener.addr.port;
}

async function readLines(child: Deno.ChildProcess, count: number): Promise<string[]> {
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split("\n").length > count) break;
  }
  return text.trimEnd().split("\n");
}

/** Reads the page's events until the signal, and tells how many bytes came. */
async function readPage(port: number, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  while (!signal.aborted) {
    try {
      const { body } = await fetch(`http://127.0.0.1:${port}/events`, { signal });
      for await (const chunk of body ?? []) bytes += chunk.length;
    } catch (error) {
      if (!(error instanceof TypeError) && !signal.aborted) throw error; // Not up yet, or ended.
    }
    if (bytes > 0) return bytes;
    await seconds(1);
  }
  return bytes;
}

function spentBy(children: ReadonlyMap<string, Deno.ChildProcess>): ReadonlyMap<string, number> {
  return new Map([...children].map(([name, { pid }]) => [name, cpuSeconds(pid) ?? NaN]));
}
