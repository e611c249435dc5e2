/** What tests of sessions on the stand-in have in common. */
import { isPresent, type Reading } from "../../src/base/cause.ts";
import type { GpuMetric } from "../../src/gpu/metrics.ts";
import type { GpuReading, GpuSample } from "../../src/gpu/types.ts";
import { hasCompiler, type SampledSession, type Variant, withSession } from "./standin.ts";

/** A test on the stand-in. Without gcc it is shown as ignored. */
export function test(
  name: string,
  state: string,
  use: (session: SampledSession) => void,
  variant?: Variant,
): void {
  Deno.test({ name, ignore: !hasCompiler, fn: () => withSession(state, use, variant) });
}

/** A figure of a GPU; undefined where it was not read. */
export function find(
  gpu: GpuReading | undefined,
  metric: GpuMetric,
  labels: Record<string, string> = {},
): Reading | undefined {
  return gpu?.values.find((value) =>
    value.metric === metric && Object.entries(labels).every(([name, text]) => value.labels?.[name] === text)
  )?.reading;
}

/** The value, or the code of the cause, or "not read". */
export function get(
  sample: GpuSample,
  gpu: number,
  metric: GpuMetric,
  labels: Record<string, string> = {},
): number | string {
  const reading = find(sample.gpus[gpu], metric, labels);
  if (reading === undefined) return "not read";
  return isPresent(reading) ? reading.value : reading.absent.code;
}
