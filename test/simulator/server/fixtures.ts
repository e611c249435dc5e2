/** A simulated server on a virtual clock, and the recorded answers of a real one. */
import { gunzipSync } from "node:zlib";
import { VirtualClock } from "../../../src/collector/clock.ts";
import { type InProcessVllm, startInProcess } from "../../../src/simulator/server/in_process.ts";
import type { SimulatorOptions } from "../../../src/simulator/server/simulated_server.ts";

export const START_SECONDS = 1_800_000_000;

export interface VirtualVllm extends InProcessVllm {
  readonly clock: VirtualClock;
  get(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, signal?: AbortSignal): Promise<Response>;
  metrics(): Promise<string>;
}

export function virtualVllm(options: Partial<SimulatorOptions> = {}): VirtualVllm {
  const clock = new VirtualClock(START_SECONDS);
  const vllm = startInProcess({ clock, profile: "tiny-llama-cpu", seed: 1, ...options });
  const get = (path: string, init?: RequestInit) => vllm.fetch(vllm.url + path, init);
  const post = (path: string, body: unknown, signal?: AbortSignal) =>
    get(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  return { ...vllm, clock, get, post, metrics: async () => await (await get("/metrics")).text() };
}

const WIRE = new URL("../../fixtures/vllm-wire/", import.meta.url);

/** A recorded body of a real server. */
export function recorded(file: string): string {
  const url = new URL(file, WIRE);
  if (!file.endsWith(".gz")) return Deno.readTextFileSync(url);
  return new TextDecoder().decode(gunzipSync(Deno.readFileSync(url)));
}

/** The JSON of a stream's `data:` lines, without `[DONE]`. */
export function dataOf(stream: string): unknown[] {
  return stream.split("\n\n").filter((event) => event.startsWith("data: {")).map((event) =>
    JSON.parse(event.slice(6))
  );
}

/** A value's form: keys in order, types, and the values that are always the same. */
export function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(formOf);
  if (typeof value !== "object" || value === null) return value === null ? null : typeof value;
  return Object.entries(value).map(([key, inner]) => [key, FIXED.has(key) ? inner : formOf(inner)]);
}

const FIXED = new Set([
  "object",
  "finish_reason",
  "role",
  "owned_by",
  "organization",
  "index",
  "stop_reason",
]);

/** Sum of the samples with this name in a text, all labels together. */
export function total(text: string, name: string): number {
  return text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
