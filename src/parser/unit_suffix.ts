/**
 * Units as OpenMetrics wants them.
 *
 * @module
 */
import type { MetricMeta } from "./types.ts";

/**
 * The same family, without its unit where that is not the end of its name: OpenMetrics takes no other (readers refuse the text), while
 * the lab knows units of names that do not say them (`lab_load1`, a server's counts).
 */
export function withUnitOfName<Meta extends MetricMeta>(family: Meta): Meta {
  const { unit, ...rest } = family;
  if (unit === undefined || family.name.replace(/_total$/, "").endsWith(`_${unit}`)) return family;
  // Only the optional unit is gone.
  return rest as Meta;
}
