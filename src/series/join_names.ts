/**
 * Series that are one, told under several names one after the other.
 *
 * @module
 */
import { hasNumber } from "../base/search.ts";
import { labelsKey } from "./labels.ts";
import { isAccumulating } from "./resets.ts";
import type { Series } from "./types.ts";

/**
 * Series of the same part, labels and target as one, under the name of the first: where the name changes a counter began
 * anew. Series without such a partner stay as they are.
 *
 * @param series no two of a group have a point at one time
 */
export function joinSeries(series: readonly Series[]): Series[] {
  const groups = new Map<string, Series>();
  const orders = new Orders();
  for (const one of series) {
    const part = /_(?:bucket|sum|count)$/.exec(one.name)?.[0] ?? "";
    const key = `${part} ${one.type} ${one.sampler ?? ""} ${labelsKey(one.labels)}`;
    const known = groups.get(key);
    groups.set(key, known === undefined ? one : joined(known, one, orders));
  }
  return [...groups.values()];
}

function joined(first: Series, second: Series, orders: Orders): Series {
  const order = orders.of(first.timesSeconds, second.timesSeconds);
  const values = new Float64Array(order.timesSeconds.length);
  const begun: number[] = [];
  const counts = isAccumulating(first);
  let [i, j] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    values[at] = order.fromSecond[at] === 1 ? second.values[j++]! : first.values[i++]!;
    const changes = at > 0 && order.fromSecond[at] !== order.fromSecond[at - 1];
    // A fall shows itself.
    if (counts && changes && values[at]! >= values[at - 1]!) begun.push(order.timesSeconds[at]!);
  }
  const resetSeconds = ascending([...first.resetSeconds ?? [], ...second.resetSeconds ?? [], ...begun]);
  const { timesSeconds } = order;
  return {
    ...first,
    timesSeconds,
    values,
    staleSeconds: ascending([...first.staleSeconds, ...second.staleSeconds])
      .filter((time) => !hasNumber(timesSeconds, time)),
    ...(resetSeconds.length === 0 ? {} : { resetSeconds }),
  };
}

interface Order {
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly timesSeconds: Float64Array;
  readonly fromSecond: Uint8Array;
}

/** The buckets of a histogram mostly share their times, and so shall what is joined of them. */
class Orders {
  #last: Order | undefined;

  of(first: Float64Array, second: Float64Array): Order {
    const last = this.#last;
    return last?.first === first && last.second === second ? last : this.#last = orderOf(first, second);
  }
}

function orderOf(first: Float64Array, second: Float64Array): Order {
  const timesSeconds = new Float64Array(first.length + second.length);
  const fromSecond = new Uint8Array(timesSeconds.length);
  let [i, j] = [0, 0];
  for (let at = 0; at < timesSeconds.length; at++) {
    const takesSecond = i >= first.length || j < second.length && second[j]! < first[i]!;
    fromSecond[at] = takesSecond ? 1 : 0;
    timesSeconds[at] = takesSecond ? second[j++]! : first[i++]!;
  }
  return { first, second, timesSeconds, fromSecond };
}

function ascending(times: readonly number[]): Float64Array {
  return Float64Array.from(new Set(times)).sort();
}
