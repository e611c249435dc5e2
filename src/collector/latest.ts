/**
 * The newest points of a quantity or a name, straight from the store.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import { inOneName } from "../series/lives.ts";
import { livingIn } from "../series/living_in.ts";
import { familiesOf, finished, selectionsOf } from "../series/selection.ts";
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
  const samplers = store.samplerIds.map((id) => ({ id, metas: familiesOf(store.definitions(id)) }));
  const span = common.span ?? { startSeconds: -Infinity, endSeconds: Infinity };
  return selectionsOf({ ...what, matchers: matchersOf(labels) }, samplers)
    // What no name gives is not worked out here: this is what servers show.
    .filter(({ derived }) => derived === undefined)
    .map(({ others = [], ...own }) => ({
      ...own,
      others: others.filter(({ derived }) => derived === undefined),
    }))
    .flatMap((selection) =>
      inOneName(livingIn(store, selection, { span }), (one) => {
        const { names, matchers, samplerId } = one;
        const own = samplerId === undefined ? {} : { samplerId };
        return finished(store.select({ ...common, names, matchers, ...own }), one);
      })
    ).map((series) => points === undefined ? series : newestPoints(series, points));
}

/** What was put together of several names may have more than each. */
function newestPoints(series: Series, points: number): Series {
  if (series.timesSeconds.length <= points) return series;
  return {
    ...series,
    timesSeconds: series.timesSeconds.slice(-points),
    values: series.values.slice(-points),
  };
}

/** A histogram's parts; other families have none of them. */
function partsOf(name: string): string[] {
  return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
}

function matchersOf(labels: Labels) {
  return Object.entries(labels).map(([label, value]) => ({ label, operator: "=" as const, value }));
}
