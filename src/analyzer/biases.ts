/**
 * What is known to be wrong with the figures that are shown.
 *
 * @module
 */
import { ANY_TEXT, checkArgument, either, listOf } from "../base/arguments.ts";
import { METAS } from "../catalog/arguments.ts";
import { QUANTITY_LIST } from "../catalog/quantities.ts";
import type { BiasCode } from "../catalog/entry.ts";
import { resolveQuantity } from "../catalog/resolve.ts";
import type { MetricMeta, QuantityName } from "../catalog/types.ts";
import { wholeSource } from "../series/narrow.ts";
import type { MetricSource, TargetFacts, TimeSpan } from "../series/types.ts";

/** A known fault and the figures that have it. */
export interface FigureBias {
  /** What is wrong. */
  readonly code: BiasCode;
  /** Of the quantities asked for, in their order. */
  readonly quantities: readonly QuantityName[];
}

const VERSIONS = 'a version, such as "0.32.0", or a list of versions';
const VERSION_OR_VERSIONS = either(VERSIONS, ANY_TEXT, listOf(ANY_TEXT, VERSIONS));

/**
 * Known faults of these quantities as this server shows them, the one that touches most of them first. A quantity that the server
 * does not show has none; without a version, what cannot be ruled out is told.
 *
 * @param families of the source
 * @param version of the server; all of them where there are several, of several servers or of one that was upgraded meanwhile
 */
export function figureBiases(
  families: readonly MetricMeta[],
  quantities: readonly QuantityName[],
  version?: string | readonly string[],
): FigureBias[] {
  const call = 'figureBiases(await source.describe(), ["ttft"])';
  checkArgument(call, { families }, METAS);
  checkArgument(call, { quantities }, QUANTITY_LIST);
  if (version !== undefined) checkArgument(call, { version }, VERSION_OR_VERSIONS);
  const versions = version === undefined || typeof version === "string" ? [version] : version;
  const found = new Map<BiasCode, QuantityName[]>();
  for (const quantity of new Set(quantities)) {
    const codes = versions.flatMap((one) =>
      resolveQuantity(families, quantity, one === undefined ? {} : { version: one })?.biases ?? []
    );
    for (const code of new Set(codes)) found.set(code, [...found.get(code) ?? [], quantity]);
  }
  return [...found].map(([code, touched]) => ({ code, quantities: touched }))
    .sort((a, b) => b.quantities.length - a.quantities.length);
}

/**
 * All versions that servers had in a time, also those before an upgrade in it or after it: a report of an older life is one of an older
 * version. Undefined where a server did not state its own: then nothing can be ruled out.
 */
export async function versionsIn(
  source: MetricSource,
  facts: readonly TargetFacts[],
  span: TimeSpan,
): Promise<readonly string[] | undefined> {
  const whole = wholeSource(source);
  const held = await whole.span() ?? span;
  const since = await whole.events({ ...held, startSeconds: span.startSeconds });
  const restarted = new Set(since.flatMap((one) => one.kind === "counter_reset" ? [one.target] : []));
  const servers = facts.filter(({ models }) => models !== undefined);
  const versions = servers.flatMap(({ target, version, earlierVersions = [] }) => [
    version,
    ...(restarted.has(target) ? earlierVersions : []),
  ]);
  const known = versions.filter((version) => version !== undefined);
  return known.length === 0 || known.length < versions.length ? undefined : [...new Set(known)];
}
