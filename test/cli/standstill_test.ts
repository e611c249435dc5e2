import assert from "node:assert/strict";
import { StandstillWatch } from "../../src/cli/standstill.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";

/** Two engines, read once a second: how many requests run, and how many tokens there are. */
function server(at: (second: number) => readonly (readonly [number, number])[] | undefined, seconds: number) {
  const source = new MemorySource();
  const defined = ["0", "1"].flatMap((engine, i): SeriesDefinition[] => [
    { id: 2 * i, name: "vllm:num_requests_running", labels: { engine }, type: "gauge", unit: "requests" },
    {
      id: 2 * i + 1,
      name: "vllm:generation_tokens_total",
      labels: { engine },
      type: "counter",
      unit: "tokens",
    },
  ]);
  return {
    source,
    async told(): Promise<unknown[]> {
      const watch = new StandstillWatch(1);
      const told: unknown[] = [];
      for (let second = 0; second <= seconds; second++) {
        const values = at(second)?.flat();
        if (values !== undefined) {
          source.append("s", second, {
            ids: defined.map(({ id }) => id),
            values,
            defined: second === 0 ? defined : [],
            vanishedIds: [],
            events: [],
            ...(second === 0
              ? { facts: { target: "s", kind: "vllm", simulated: true, intervalSeconds: 1 } as const }
              : {}),
          });
        }
        for (const one of await watch.look(source, second + 0.1)) told.push([second, one]);
      }
      return told;
    },
  };
}

Deno.test("StandstillWatch tells an engine that makes no token while requests run, once, and when it goes on", async () => {
  // Engine 1 stands from 20 s to 45 s, with 3 requests; engine 0 goes on, and idles at the end.
  const { told } = server((second) => [
    [second < 60 ? 4 : 0, 40 * Math.min(second, 60)],
    [3, 30 * (second < 20 ? second : second < 45 ? 20 : second - 25)],
  ], 90);
  assert.deepEqual(await told(), [
    [31, { target: "s", engine: "1", running: 3 }],
    [46, { target: "s", engine: "1", running: 0 }],
  ]);
});

Deno.test("StandstillWatch takes neither silence nor a restart for tokens, and a gap for no standstill", async () => {
  // Both stand from 20 s on; nothing is answered from 40 s to 60 s, then a new process begins at 0 and makes tokens.
  const { told } = server((second) => {
    if (second >= 40 && second < 60) return undefined;
    const tokens = 10 * (second < 60 ? Math.min(second, 20) : second - 60);
    return [[2, tokens], [0, 0]];
  }, 75);
  assert.deepEqual(await told(), [[31, { target: "s", engine: "0", running: 2 }]]);
});
