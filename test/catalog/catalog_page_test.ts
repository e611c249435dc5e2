/** The page that shows the catalog. */
import assert from "node:assert/strict";
import type { Bias, Candidate, Quantity } from "../../src/catalog/entry.ts";
import { isQuantityName, QUANTITIES } from "../../src/catalog/quantities.ts";
import { markdownTable } from "../helpers/markdown.ts";

const PAGE = new URL("../../docs/catalog.md", import.meta.url);
const BEGIN = "<!-- written by test/catalog/catalog_page_test.ts with DOCS_UPDATE=1 -->\n";

Deno.test("the catalog's page shows the catalog", async () => {
  const page = await Deno.readTextFile(PAGE);
  const [intro] = page.split(BEGIN);
  assert.notEqual(intro, page, "the page has no place for the catalog");
  const names = Object.keys(QUANTITIES).filter(isQuantityName);
  const wanted = intro + BEGIN + names.map((name) => section(name, QUANTITIES[name])).join("");
  if (Deno.env.get("DOCS_UPDATE") === "1") await Deno.writeTextFile(PAGE, wanted);
  else assert.equal(page, wanted);
});

function section(name: string, { type, unit, combine, candidates, derivations }: Quantity): string {
  const head = ["server", "name", "shown by", "factor", "known faults"];
  const rows = candidates.map((candidate) => [
    candidate.server,
    `\`${candidate.name}${labelsText(candidate)}\``,
    shownBy(candidate),
    candidate.unitFactor === undefined ? "" : String(candidate.unitFactor),
    (candidate.biases ?? []).map(biasText).join(", "),
  ]);
  const others = (derivations ?? []).map(({ formula }) => formulaLine(formula)).join("");
  const over = combine === "none" ? "never combined" : `${combine} over engines`;
  return `\n## ${name}\n\n${type}, ${unit}, ${over}\n\n${markdownTable([head, ...rows])}${
    others === "" ? "" : `\n${others}`
  }`;
}

/** The formatter breaks lines of more than 110 characters. */
function formulaLine(formula: string): string {
  const line = `- else \`${formula}\`\n`;
  return line.length <= 110 ? line : `- else\n  \`${formula}\`\n`;
}

function labelsText({ labels }: Candidate): string {
  if (labels === undefined) return "";
  return `{${Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(",")}}`;
}

function shownBy({ since, until, hiddenUntil, engine, option }: Candidate): string {
  const versions = since === undefined && until === undefined ? "" : `${since ?? ""} to ${until ?? "now"}`;
  const parts = [
    versions,
    hiddenUntil === undefined ? "" : `hidden to ${hiddenUntil}`,
    engine ?? "",
    option === undefined ? "" : `\`${option}\``,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function biasText({ code, since, until, goneIn, engine }: Bias): string {
  const versions = since === undefined && until === undefined ? "" : `${since ?? ""} to ${until ?? "now"}`;
  const bounds = [versions, goneIn === undefined ? "" : `gone in ${goneIn}`, engine ?? ""].filter((part) =>
    part !== ""
  );
  return bounds.length === 0 ? code : `${code} (${bounds.join(", ").trim()})`;
}
