/** Requests made up for tests. */
import type { RequestRecord } from "../../../src/series/types.ts";
import { compact } from "../../../src/simulator/workload/compact.ts";

type Fields = { readonly [K in keyof RequestRecord]?: RequestRecord[K] | undefined };

/** A request that ended well, with what the test says about it. */
export function record(fields: Fields): RequestRecord {
  const base = {
    id: "lab-0",
    target: "workload",
    model: "mock-model",
    endpoint: "completions",
    phase: "steady",
    outcome: "ok",
    dueSeconds: 0,
    sentSeconds: 0,
    chunkTimesSeconds: Float64Array.of(1, 2),
    endSeconds: 2,
    engine: "raw",
    trust: "good",
  } as const;
  return compact({ ...base, ...fields }) as RequestRecord;
}
