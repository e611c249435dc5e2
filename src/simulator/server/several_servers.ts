/**
 * `/metrics` of one vLLM with several API servers: the same figures in Prometheus' mode of several processes.
 *
 * @module
 */
import type { MetricsShape, ShapeFamily } from "./shape.ts";

const OF_ONE_PROCESS = /^(process|python)_|_created$/;

/** Type by type: the order in which that mode reads its files. The order within vLLM's own was not recorded. */
const ORDER = ["gauge", "histogram", "counter", "summary"];

/**
 * The shape of a version with `--api-server-count` above 1: nothing of a single process, no creation times, sums before
 * buckets. As seen: 424 lines when idle for 0.32.0.
 */
export function withSeveralServers(shape: MetricsShape): MetricsShape {
  if (shape.severalProcesses) return shape;
  const reshaped = (families: readonly ShapeFamily[]) =>
    families.filter(({ name }) => !OF_ONE_PROCESS.test(name))
      .sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type)).map(sumFirst);
  return { ...shape, idle: reshaped(shape.idle), used: reshaped(shape.used), severalProcesses: true };
}

function sumFirst(family: ShapeFamily): ShapeFamily {
  if (family.type !== "histogram") return family;
  const children = family.children.map((child) => {
    const order = child.lines.map((line, index) => ({ line, value: child.values[index]! }))
      .sort((a, b) => rankOf(a.line.sample) - rankOf(b.line.sample));
    return { ...child, lines: order.map(({ line }) => line), values: order.map(({ value }) => value) };
  });
  return { ...family, children };
}

function rankOf(sample: string): number {
  if (sample.endsWith("_sum")) return 0;
  return sample.endsWith("_bucket") ? 1 : 2;
}
