/** toParsePrometheusShape beside the package whose shape it has, and the page that compares the two. */
import assert from "node:assert/strict";
// @ts-types="../helpers/parse_prometheus_text_format.d.ts"
import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { parseExposition } from "../../src/parser/parse.ts";
import { toParsePrometheusShape } from "../../src/parser/parse_prometheus_shape.ts";
import { markdownTable } from "../helpers/markdown.ts";
import { fixtureText } from "../helpers/parser_fixtures.ts";

/** One metric of either, loosely. */
interface Metric {
  readonly value?: string;
  readonly labels?: Record<string, string>;
  readonly buckets?: Record<string, string>;
  readonly quantiles?: Record<string, string>;
  readonly count?: string;
  readonly sum?: string;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly Metric[];
}

const SCRAPE = "scrapes/vllm-0.32.0-two-engines-after.txt";

function theirs(text: string): readonly Family[] {
  return parsePrometheusTextFormat(text);
}

function ours(text: string): readonly Family[] {
  return toParsePrometheusShape(parseExposition(text));
}

/** The same number may be written in several ways; the package keeps the server's. */
function normalised(families: readonly Family[]): unknown {
  const number = (text: string) =>
    /^[-+.\d]/.test(text) && Number.isFinite(Number(text)) ? String(Number(text)) : text;
  return JSON.parse(
    JSON.stringify(
      families,
      (key, value) => typeof value === "string" && !/^(?:name|help|type)$/.test(key) ? number(value) : value,
    ),
  );
}

Deno.test("toParsePrometheusShape() equals the package where that loses nothing", () => {
  const f = (text: string) => assert.deepEqual(normalised(ours(text)), normalised(theirs(text)), text);
  f("# HELP g help\n# TYPE g gauge\ng 1\n");
  f('# TYPE g gauge\ng{a="1",b="x\\n\\"y\\\\"} 1.50\ng{a="2"} NaN\ng{a="3"} +Inf\n');
  f("a 1 1500\nb 2\n");
  f("# TYPE a counter\n");
  f('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n');
  f('# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 2\ns_count 3\n');
  f('# TYPE s summary\ns_count{handler="x"} 3\ns_sum{handler="x"} 2\ns_count{handler="y"} 1\ns_sum{handler="y"} 1\n');
  f("");
});

Deno.test("toParsePrometheusShape() equals the package on a real scrape, its histograms apart", () => {
  const text = fixtureText(SCRAPE);
  const flat = (families: readonly Family[]) =>
    normalised(families.filter(({ type }) => type !== "HISTOGRAM"));
  assert.deepEqual(flat(ours(text)), flat(theirs(text)));
});

Deno.test("toParsePrometheusShape() keeps label sets of a histogram apart, with labels, sum and count", () => {
  const text = '# TYPE h histogram\nh_bucket{e="0",le="+Inf"} 1\nh_sum{e="0"} 2\nh_count{e="0"} 1\n' +
    'h_bucket{e="1",le="+Inf"} 3\nh_sum{e="1"} 4\nh_count{e="1"} 3\n';
  assert.deepEqual(ours(text), [{
    name: "h",
    help: "",
    type: "HISTOGRAM",
    metrics: [
      { buckets: { "+Inf": "1" }, labels: { e: "0" }, count: "1", sum: "2" },
      { buckets: { "+Inf": "3" }, labels: { e: "1" }, count: "3", sum: "4" },
    ],
  }]);
  assert.deepEqual(theirs(text)[0]?.metrics, [{ buckets: { "+Inf": "3" } }]);
});

// ---------------------------------------------------------------------------------------------------------------
// The page

const PAGE = new URL("../../docs/parse-prometheus-text-format.md", import.meta.url);
const BEGIN = "<!-- facts: written by test/parser/parse_prometheus_shape_test.ts with DOCS_UPDATE=1 -->\n";
const END = "<!-- end of facts -->\n";

/** How many numbers of the text are in the output. */
function numbersKept(families: readonly Family[]): number {
  const kept = ({ buckets, quantiles, count, sum, value }: Metric) =>
    Object.keys(buckets ?? {}).length + Object.keys(quantiles ?? {}).length +
    [count, sum, value].filter((each) => each !== undefined).length;
  return families.flatMap(({ metrics }) => metrics).reduce((total, metric) => total + kept(metric), 0);
}

function factsTable(): string {
  const text = fixtureText(SCRAPE);
  const [package_, lab] = [theirs(text), ours(text)];
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
  const histograms = (families: readonly Family[]) =>
    families.filter(({ type }) => type === "HISTOGRAM").flatMap(({ metrics }) => metrics);
  const count = (families: readonly Family[], has: (metric: Metric) => boolean) =>
    histograms(families).filter(has).length;
  const ttft = (families: readonly Family[]) =>
    families.find(({ name }) => name === "vllm:time_to_first_token_seconds")?.metrics ?? [];
  const sizes = (metrics: readonly Metric[]) =>
    metrics.map(({ buckets }) => buckets?.["+Inf"]?.replace(".0", "")).join(" and ");
  const rows = [
    ["sample lines in the text", samples, samples],
    ["numbers in the output", numbersKept(package_), numbersKept(lab)],
    ["numbers lost", samples - numbersKept(package_), samples - numbersKept(lab)],
    ["families", package_.length, lab.length],
    ["histograms (label sets)", histograms(package_).length, histograms(lab).length],
    [
      "of these with their labels",
      count(package_, ({ labels }) => labels !== undefined),
      count(lab, ({ labels }) => labels !== undefined),
    ],
    [
      "of these with sum and count",
      count(package_, ({ sum }) => sum !== undefined),
      count(lab, ({ sum }) => sum !== undefined),
    ],
    ["requests in the TTFT histogram", sizes(ttft(package_)), sizes(ttft(lab))],
  ];
  return markdownTable([
    ["", "package 1.1.1", "`toParsePrometheusShape`"],
    ...rows.map((row) => row.map(String)),
  ]);
}

Deno.test("the page on parse-prometheus-text-format states what the two really give", async () => {
  const page = await Deno.readTextFile(PAGE);
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  assert.ok(before !== undefined && after !== undefined, "the page has no place for the facts");
  const wanted = before + `${BEGIN}\n${factsTable()}\n${END}` + after;
  if (Deno.env.get("DOCS_UPDATE") === "1") await Deno.writeTextFile(PAGE, wanted);
  else assert.equal(page, wanted);
});

Deno.test("the page's examples of single lines are what the two really give", async () => {
  const page = await Deno.readTextFile(PAGE);
  const f = (text: string, expected: unknown, lab: unknown) => {
    assert.deepEqual(outcome(text), expected, text);
    assert.deepEqual(ours(text).flatMap(({ metrics }) => metrics), lab, text);
    assert.ok(page.includes(`\`${text.split("\n")[0]}\``), text);
  };
  f("a oops\n", [{ value: "oops" }], []);
  f("a 0x10\n", [{ value: "0x10" }], []);
  f('{"a.b"} 1\n', [], [{ value: "1" }]);
  f('a{x="1"} 1 # {} 2\n', [{ value: "1", labels: { x: "1" }, timestamp_ms: "#{}2" }], [{
    value: "1",
    labels: { x: "1" },
  }]);
  f('a{x="1" 1\nb 2\n', 'InvalidLineError: Encountered invalid line: a{x="1" 1', [{ value: "2" }]);
});

function outcome(text: string): unknown {
  try {
    return theirs(text).flatMap(({ metrics }) => metrics);
  } catch (error) {
    return String(error);
  }
}
