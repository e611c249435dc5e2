/**
 * Types of a server's series: what its metadata says, else what names and the catalog tell.
 *
 * @module
 */
import { QUANTITIES } from "../catalog/quantities.ts";
import type { Labels, MetricType } from "../parser/types.ts";
import type { RemoteMetadata } from "./remote_api.ts";

/** What is known of a sample's family. */
export interface FamilyKnowledge {
  readonly type: MetricType;
  readonly help: string;
}

const TYPES: Readonly<Record<string, MetricType>> = {
  counter: "counter",
  gauge: "gauge",
  histogram: "histogram",
  gaugehistogram: "gaugehistogram",
  summary: "summary",
  info: "info",
  stateset: "stateset",
};

/** Types whose samples end so. `_created` is a gauge of its own in the text format. */
const BY_SUFFIX: readonly (readonly [RegExp, readonly MetricType[]])[] = [
  [/_(?:bucket|gsum|gcount)$/, ["histogram", "gaugehistogram"]],
  [/_(?:sum|count)$/, ["histogram", "summary"]],
  [/_total$/, ["counter"]],
  [/_info$/, ["info"]],
];

/**
 * The family of a sample.
 *
 * @param labels of one of its series
 * @param names every sample name of its target
 */
export function familyOf(
  sample: { readonly name: string; readonly labels: Labels },
  names: ReadonlySet<string>,
  metadata: ReadonlyMap<string, RemoteMetadata>,
): FamilyKnowledge {
  const { name } = sample;
  const own = metadata.get(name);
  const type = TYPES[own?.type ?? ""];
  if (own !== undefined && type !== undefined) return { type, help: own.help };
  for (const [suffix, types] of BY_SUFFIX) {
    const family = suffix.test(name) ? metadata.get(name.replace(suffix, "")) : undefined;
    const familyType = TYPES[family?.type ?? ""];
    if (family !== undefined && familyType !== undefined && types.includes(familyType)) {
      return { type: familyType, help: family.help };
    }
  }
  return { type: typeByName(sample, names), help: own?.help ?? "" };
}

function typeByName(
  { name, labels }: { readonly name: string; readonly labels: Labels },
  names: ReadonlySet<string>,
): MetricType {
  if (name.endsWith("_bucket") && labels.le !== undefined) return "histogram";
  const base = name.replace(/_(?:sum|count)$/, "");
  if (base !== name && names.has(`${base}_bucket`)) return "histogram";
  if (labels.quantile !== undefined) return "summary";
  // A summary may have no quantiles: its sum and count stand alone, then.
  if (base !== name && names.has(`${base}_sum`) && names.has(`${base}_count`)) return "summary";
  if (name.endsWith("_created") || name.endsWith("_info")) return "gauge";
  return CATALOG_TYPES.get(name) ??
    (name.endsWith("_total") ? "counter" : PLAIN_GAUGES.test(name) ? "gauge" : "unknown");
}

/** What Prometheus adds about a target, the lab's plain figures, and those of every client library about its process. */
const PLAIN_GAUGES = /^(?:up|scrape_\w+|lab_\w+|process_\w+)$/;

/** Types that servers are known to give their metrics. */
const CATALOG_TYPES: ReadonlyMap<string, MetricType> = new Map(
  Object.values(QUANTITIES).flatMap(({ type, candidates }) =>
    candidates.map((candidate) => [candidate.name, candidate.type ?? type] as const)
  ),
);
