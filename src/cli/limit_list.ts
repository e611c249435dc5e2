/**
 * `monitor --fail-on list`: what a limit can be set on, and how it is written.
 *
 * @module
 */
import { limitEndings } from "../analyzer/limits.ts";
import { usualUnits } from "../analyzer/limit_units.ts";
import { isQuantityName, QUANTITIES } from "../catalog/quantities.ts";
import { renderTable } from "../report/table.ts";
import { cliText } from "../text/cli.ts";
import { punctuation } from "../text/punctuation.ts";
import { quantityTitle } from "../text/quantities.ts";
import type { CommonOptions } from "./options.ts";
import { EXIT, print } from "./terminal.ts";

/** Prints them. */
export function listLimits({ json, lang }: CommonOptions): number {
  const names = Object.keys(QUANTITIES).filter(isQuantityName).filter((name) =>
    QUANTITIES[name].type !== "info"
  );
  const { limitHeads: heads, unreachable } = cliText(lang);
  const rows = [
    ...names.map((name) => ({
      name,
      with: limitEndings(name),
      units: usualUnits(QUANTITIES[name].unit),
      title: quantityTitle(name, lang),
    })),
    { name: "unreachable", with: [], units: usualUnits("seconds"), title: unreachable },
  ];
  if (json) {
    print(JSON.stringify(rows, null, 2));
    return EXIT.ok;
  }
  const columns = [heads.name, heads.with, heads.units, heads.what].map((title) => ({ title }));
  print(
    renderTable(columns, rows.map((row) => [row.name, row.with.join(" "), row.units.join(" "), row.title]))
      .text,
  );
  print(
    `\n${heads.example}${
      punctuation(lang).colon
    }--fail-on 'ttft_p95>500ms over 1m for 10s' --fail-on 'waiting_mean>=10'`,
  );
  return EXIT.ok;
}
