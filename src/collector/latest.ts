/**
 * The newest points of a quantity or a name, straight from the store.
 *
 * @module
 */
import { resolveQuantity } from "../catalog/resolve.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { SeriesStore, StoreRequest } from "../series/store.ts";
import type { Series } from "../series/types.ts";

/** Which points. */
export interface LatestRequest {
  readonly endSeconds: number;
  readonly points?: number;
  readonly seconds?: number;
  readonly labels?: Labels;
}

/** All series of a quantity on every target, in its canonical unit, or of a name as the server spells it. */
export function latestSeries(
  store: SeriesStore,
  what: { readonly quantity: QuantityName } | { readonly name: string },
  request: LatestRequest,
): Series[] {
  const { endSeconds, points, seconds, labels = {} } = request;
  const common: StoreRequest = {
    ...(points === undefined ? {} : { lastPoints: points }),
    ...(seconds === undefined ? {} : { span: { startSeconds: endSeconds - seconds, endSeconds } }),
  };
  if ("name" in what) {
    return store.select({ ...common, names: partsOf(what.name), matchers: matchersOf(labels) });
  }
  return store.samplerIds.flatMap((samplerId) => {
    const known = store.definitions(samplerId).map(({ name, type, help = "" }) => ({ name, type, help }));
    const resolved = resolveQuantity(known, what.quantity);
    if (resolved === undefined) return [];
    const matchers = matchersOf({ ...resolved.labelFilter, ...labels });
    const found = store.select({ ...common, names: partsOf(resolved.name), samplerId, matchers });
    return found.map((series) => inUnit(series, resolved.unitFactor));
  });
}

/** A histogram's parts; other families have none of them. */
function partsOf(name: string): string[] {
  return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
}

function matchersOf(labels: Labels) {
  return Object.entries(labels).map(([label, value]) => ({ label, operator: "=" as const, value }));
}

function inUnit(series: Series, factor: number): Series {
  const counts = /_(bucket|count)$/.test(series.name) && series.type === "histogram";
  if (factor === 1 || counts) return series;
  return { ...series, values: series.values.map((value) => value * factor) };
}
