/**
 * Names that a person types: a quantity, or a metric as the server spells it.
 *
 * @module
 */
import { checkArgument, TEXT } from "../base/arguments.ts";
import { isSlipOf, nearNames } from "../base/near_names.ts";
import { isQuantityName, QUANTITIES } from "./quantities.ts";

/** What a series may be called beyond its family's name. */
const PARTS = /_(total|bucket|sum|count|created|info)$/;

let spelt: ReadonlySet<string> | undefined;

/**
 * Refuses a name that nothing has: no quantity, no metric of the source, none that any known server has. While a source is
 * empty (nothing was read yet) only a slip of a quantity's name is refused, because any other may still come.
 *
 * @param call an example: `analyzer.detectAnomalies("ttft")`
 * @param families what the source has, by name
 * @throws RangeError with the names that come near; TypeError when it is no text
 */
export function checkMetricName(
  call: string,
  name: string,
  families: Iterable<{ readonly name: string }>,
): void {
  checkArgument(call, { name }, TEXT);
  if (isQuantityName(name)) return;
  const there = new Set(Array.from(families, (family) => family.name.replace(PARTS, "")));
  const base = name.replace(PARTS, "");
  if (there.has(base) || speltNames().has(base)) return;
  const quantities = Object.keys(QUANTITIES);
  if (there.size === 0 && !quantities.some((quantity) => isSlipOf(name, quantity))) return;
  const near = nearNames(name, [...quantities, ...there]);
  const wanted = near.length === 0
    ? "a quantity, one of those in QUANTITIES, or a name in await source.describe()"
    : `perhaps ${near.join(", ")}`;
  throw new RangeError(
    `Cannot read ${
      JSON.stringify(name)
    }: no quantity and no metric of this source, wanted ${wanted}, such as ${call}`,
  );
}

/** Every name that any known server has, without its last part. */
function speltNames(): ReadonlySet<string> {
  spelt ??= new Set(
    Object.values(QUANTITIES).flatMap(({ candidates }) =>
      candidates.map(({ name }) => name.replace(PARTS, ""))
    ),
  );
  return spelt;
}
