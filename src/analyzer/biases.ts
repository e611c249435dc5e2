/**
 * What is known to be wrong with the figures that are shown.
 *
 * @module
 */
import { ANY_TEXT, checkArgument } from "../base/arguments.ts";
import { METAS } from "../catalog/arguments.ts";
import { QUANTITY_LIST } from "../catalog/quantities.ts";
import type { BiasCode } from "../catalog/entry.ts";
import { resolveQuantity } from "../catalog/resolve.ts";
import type { MetricMeta, QuantityName } from "../catalog/types.ts";

/** A known fault and the figures that have it. */
export interface FigureBias {
  /** What is wrong. */
  readonly code: BiasCode;
  /** Of the quantities asked for, in their order. */
  readonly quantities: readonly QuantityName[];
}

/**
 * Known faults of these quantities as this server shows them, the one that touches most of them first. A quantity that the server
 * does not show has none; without a version, what cannot be ruled out is told.
 *
 * @param families of the source
 * @param version of the server, where it is known and the same for all targets
 */
export function figureBiases(
  families: readonly MetricMeta[],
  quantities: readonly QuantityName[],
  version?: string,
): FigureBias[] {
  const call = 'figureBiases(await source.describe(), ["ttft"])';
  checkArgument(call, { families }, METAS);
  checkArgument(call, { quantities }, QUANTITY_LIST);
  if (version !== undefined) checkArgument(call, { version }, ANY_TEXT);
  const found = new Map<BiasCode, QuantityName[]>();
  const options = version === undefined ? {} : { version };
  for (const quantity of new Set(quantities)) {
    for (const code of resolveQuantity(families, quantity, options)?.biases ?? []) {
      found.set(code, [...found.get(code) ?? [], quantity]);
    }
  }
  return [...found].map(([code, touched]) => ({ code, quantities: touched }))
    .sort((a, b) => b.quantities.length - a.quantities.length);
}
