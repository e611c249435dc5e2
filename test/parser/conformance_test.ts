/** The parser against texts and answers of others: OpenMetrics' own cases, the Python client, Prometheus. */
import assert from "node:assert/strict";
import { parseExposition } from "../../src/parser/parse.ts";
import {
  canonicalFamilies,
  type CanonicalFamily,
  type CanonicalNumber,
  canonicalNumber,
  fixtureLines,
  fixtureNames,
  fixtureText,
} from "../helpers/parser_fixtures.ts";

interface OpenMetricsCase {
  readonly name: string;
  readonly input: string;
  readonly shouldParse: boolean;
}

Deno.test("parseExposition() strict takes the 44 good OpenMetrics cases and refuses the 167 bad ones", () => {
  const wrong: string[] = [];
  const count = { good: 0, bad: 0 };
  for (const { name, input, shouldParse } of fixtureLines<OpenMetricsCase>("openmetrics.jsonl")) {
    count[shouldParse ? "good" : "bad"]++;
    if (isAccepted(input, "openmetrics") !== shouldParse) wrong.push(name);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(count, { good: 44, bad: 167 });
});

Deno.test("parseExposition() tolerant reads the 44 good OpenMetrics cases as strict does, without a fault", () => {
  for (const { name, input, shouldParse } of fixtureLines<OpenMetricsCase>("openmetrics.jsonl")) {
    if (!shouldParse) continue;
    const onError = () => assert.fail(name);
    const strict = parseExposition(input, { format: "openmetrics", strict: true });
    assert.deepEqual(parseExposition(input, { format: "openmetrics", onError }), strict, name);
  }
});

interface ClientCase {
  readonly id: string;
  readonly format: "prom" | "om";
  readonly input: string;
  readonly families?: CanonicalFamily[];
}

const FORMATS = { prom: "prometheus", om: "openmetrics" } as const;

/** Nothing at present. An entry is the id of a case and the sentence of the specification that decides against the client. */
const ON_PURPOSE: Readonly<Record<string, string>> = {};

Deno.test("parseExposition() reads the Python client's 73 good inputs as it does, in both modes", () => {
  const cases = fixtureLines<ClientCase>("client_python.jsonl").filter((each) => each.families !== undefined);
  assert.equal(cases.length, 73);
  for (const { id, format, input, families } of cases) {
    if (id in ON_PURPOSE) continue;
    for (const strict of [true, false]) {
      const read = canonicalFamilies(parseExposition(input, { format: FORMATS[format], strict }), format);
      assert.deepEqual(read, families, JSON.stringify(input));
    }
  }
});

Deno.test("parseExposition() strict refuses the Python client's 104 bad inputs", () => {
  const cases = fixtureLines<ClientCase>("client_python.jsonl").filter((each) => each.families === undefined);
  assert.equal(cases.length, 104);
  const accepted = cases.filter(({ format, input }) => isAccepted(input, FORMATS[format]));
  assert.deepEqual(accepted.map(({ id }) => id).filter((id) => !(id in ON_PURPOSE)), []);
});

Deno.test("parseExposition() tolerant never throws on the bad inputs of OpenMetrics and the Python client", () => {
  const inputs = [
    ...fixtureLines<OpenMetricsCase>("openmetrics.jsonl").map((each) => ({ ...each, format: "om" as const })),
    ...fixtureLines<ClientCase>("client_python.jsonl"),
  ];
  for (const { input, format } of inputs) parseExposition(input, { format: FORMATS[format] });
});

interface NumberCase {
  readonly text: string;
  readonly prom: string | null;
  readonly om: string | null;
}

Deno.test("parseExposition() reads 283 spellings of a value as Prometheus' two parsers do", () => {
  const cases = fixtureLines<NumberCase>("numbers.jsonl");
  assert.equal(cases.length, 283);
  for (const { text, prom, om } of cases) {
    for (const [format, expected] of [["prometheus", prom], ["openmetrics", om]] as const) {
      for (const strict of [true, false]) {
        const value = valueOf(text, format, strict);
        const wanted = expected === null ? undefined : Number(expected.replace("Inf", "Infinity"));
        assert.ok(
          Object.is(value, wanted),
          `${JSON.stringify(text)} (${format}): ${value}, wanted ${wanted}`,
        );
      }
    }
  }
});

function valueOf(text: string, format: "prometheus" | "openmetrics", strict: boolean): number | undefined {
  const input = `a ${text}\n${format === "openmetrics" ? "# EOF\n" : ""}`;
  try {
    return parseExposition(input, { format, strict })[0]?.samples[0]?.value;
  } catch (error) {
    assert.ok(error instanceof SyntaxError);
    return undefined;
  }
}

function isAccepted(input: string, format: "prometheus" | "openmetrics"): boolean {
  try {
    parseExposition(input, { format, strict: true });
    return true;
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    assert.match(error.message, /line \d+/);
    return false;
  }
}

interface ServerAnswer {
  readonly id: string;
  readonly meta: { readonly kind: "TYPE" | "HELP"; readonly name: string; readonly text: string }[];
  readonly series: { readonly labels: Record<string, string>; readonly value: string }[];
}

Deno.test("parseExposition() reads other servers' texts as Prometheus does and loses no line", () => {
  const answers = fixtureLines<ServerAnswer>("others/expected.jsonl");
  assert.equal(answers.length, 5);
  for (const { id, meta, series } of answers) {
    const families = parseExposition(fixtureText(`others/${id}`), {
      onError: (error) => assert.fail(`${id}: ${error.line}`),
    });
    const samples = families.flatMap((family) => family.samples);
    const read = samples.map(({ name, labels, value }) => ({
      labels: prometheusLabels({ ...labels, __name__: name }),
      value: canonicalNumber(value),
    }));
    const wanted = series.map(({ labels, value }) => ({
      labels: prometheusLabels(labels),
      value: numberOf(value),
    }));
    // Prometheus keeps the order of lines, we that of families.
    assert.deepEqual(sorted(read), sorted(wanted), id);
    const types = new Map(families.map((family) => [family.name, family]));
    for (const { kind, name, text } of meta) {
      const family = types.get(name) ?? assert.fail(`${id} ${name}`);
      const type = family.type === "untyped" ? "unknown" : family.type;
      assert.equal(kind === "TYPE" ? type : family.help, text, `${id} ${kind} ${name}`);
    }
  }
});

/** Prometheus writes `le` and `quantile` as floats. */
function prometheusLabels(labels: Record<string, string>): Record<string, string> {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const isBound = name === "le" || name === "quantile";
    return [name, isBound && /^\d+$/.test(value) ? `${value}.0` : value] as const;
  });
  return Object.fromEntries(pairs.sort(([a], [b]) => a < b ? -1 : 1));
}

function sorted<Row>(rows: readonly Row[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

function numberOf(text: string): CanonicalNumber {
  return canonicalNumber(Number(text.replace("Inf", "Infinity")));
}

interface ScrapeAnswer {
  readonly id: string;
  readonly samples: [
    name: string,
    labels: Record<string, string>,
    value: CanonicalNumber,
    type: string,
    help: string,
  ][];
}

Deno.test("parseExposition() reads every recorded vLLM scrape as the Python client does and loses no line", () => {
  const answers = fixtureLines<ScrapeAnswer>("scrapes/expected.jsonl");
  assert.deepEqual(answers.map(({ id }) => id), fixtureNames("scrapes"));
  for (const { id, samples } of answers) {
    const text = fixtureText(`scrapes/${id}.txt`);
    const families = parseExposition(text, { onError: (error) => assert.fail(`${id}: ${error.line}`) });
    assert.deepEqual(parseExposition(text, { strict: true, version: "0.0.4" }), families, id);
    const read = canonicalFamilies(families, "prom").flatMap((family) =>
      family.samples.map(({ name, labels, value }) => [name, labels, value, family.type, family.help])
    );
    assert.deepEqual(read, samples, id);
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.equal(read.length, lines.length, id);
  }
});
