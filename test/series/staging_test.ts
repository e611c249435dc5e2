import assert from "node:assert/strict";
import fc from "fast-check";
import { SeriesStore } from "../../src/series/store.ts";
import type { SampleBatch, SeriesDefinition } from "../../src/series/types.ts";

const DEFINED: readonly SeriesDefinition[] = [
  { id: 0, name: "process_start_time_seconds", labels: {}, type: "gauge" },
  { id: 1, name: "requests_total", labels: {}, type: "counter" },
  { id: 2, name: "requests_created", labels: {}, type: "gauge" },
  { id: 3, name: "running", labels: {}, type: "gauge" },
  { id: 4, name: "tokens_total", labels: {}, type: "counter" },
];
/** Was never defined: a tick on which it vanishes is written into the columns, never staged. */
const UNKNOWN_ID = 99;

type Step =
  | { readonly kind: "ticks"; readonly count: number; readonly ids: readonly number[]; readonly rise: number }
  | { readonly kind: "fall" | "restart" | "created" | "nan" | "fail" | "vanish" | "rebind" | "read" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("ticks" as const),
    count: fc.integer({ min: 1, max: 70 }),
    ids: fc.constantFrom([0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [1, 3], [4, 0, 1, 2, 3]),
    rise: fc.integer({ min: 0, max: 5 }),
  }),
  fc.record({
    kind: fc.constantFrom("fall", "restart", "created", "nan", "fail", "vanish", "rebind", "read" as const),
  }),
);

Deno.test("append() keeps the same points, marks and events whether ticks are staged or not", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), fc.integer({ min: 5, max: 200 }), (steps, maxPoints) => {
      const staged = new SeriesStore({ maxPoints });
      const written = new SeriesStore({ maxPoints });
      const values = [1000, 0, 1000, 5, 0];
      let seconds = 2000;
      let first = true;
      const append = (ids: readonly number[], more: Partial<SampleBatch> = {}) => {
        const batch: SampleBatch = {
          ids,
          values: ids.map((id) => values[id]!),
          vanishedIds: [],
          events: [],
          ...more,
          defined: [...(first ? DEFINED : []), ...(more.defined ?? [])],
        };
        first = false;
        const vanishedIds = [...Array.from(batch.vanishedIds), UNKNOWN_ID];
        assert.deepEqual(
          staged.append("a", ++seconds, batch),
          written.append("a", seconds, { ...batch, vanishedIds }),
        );
      };
      const all = [0, 1, 2, 3, 4];
      const compare = (names?: readonly string[]) =>
        assert.deepEqual(
          staged.select(names === undefined ? {} : { names }),
          written.select(names === undefined ? {} : { names }),
        );
      for (const each of steps) {
        switch (each.kind) {
          case "ticks":
            for (let i = 0; i < each.count; i++) {
              values[1]! += each.rise;
              values[3] = (values[3]! * 7 + 3) % 11;
              values[4]! += 1;
              append(each.ids);
            }
            break;
          case "fall":
            values[1] = 0;
            append(all);
            break;
          case "restart":
            values[0] = seconds;
            append(all);
            break;
          case "created":
            values[2] = seconds;
            append(all);
            break;
          case "nan":
            values[3] = NaN;
            append(all);
            break;
          case "fail":
            assert.deepEqual(staged.fail("a", ++seconds), written.fail("a", seconds));
            break;
          case "vanish":
            append([0, 1, 2, 4], { vanishedIds: [3] });
            break;
          case "rebind":
            append(all, { defined: [{ id: 3, name: "waiting", labels: {}, type: "gauge" }] });
            break;
          case "read":
            compare(["running"]);
        }
      }
      compare();
      assert.deepEqual(staged.span(), written.span());
    }),
    { seed: 20261125, numRuns: 300 },
  );
});
