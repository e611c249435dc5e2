import assert from "node:assert/strict";
import fc from "fast-check";
import { foldCreated } from "../../src/parser/created.ts";
import { parseExposition } from "../../src/parser/parse.ts";
import type { Labels, MetricFamily, MetricType, Sample } from "../../src/parser/types.ts";
import { writeExposition } from "../../src/parser/write.ts";
import { fixtureLines, fixtureNames, fixtureText } from "../helpers/parser_fixtures.ts";

Deno.test("writeExposition() writes what parseExposition() reads back the same, for every recorded scrape", () => {
  const names = [
    ...fixtureNames("scrapes").map((name) => `scrapes/${name}.txt`),
    ...fixtureNames("others").map((name) => `others/${name}.txt`),
  ];
  for (const name of names) {
    const families = parseExposition(fixtureText(name));
    assert.deepEqual(parseExposition(writeExposition(families)), families, name);
    const folded = foldCreated(families);
    assert.deepEqual(foldCreated(parseExposition(writeExposition(folded))), folded, name);
  }
});

Deno.test("writeExposition() writes OpenMetrics that strict reading takes, for every whole recorded scrape", () => {
  for (const name of fixtureNames("scrapes")) {
    const families = parseExposition(fixtureText(`scrapes/${name}.txt`));
    const text = writeExposition(families, { format: "openmetrics" });
    const read = parseExposition(text, { format: "openmetrics", strict: true });
    const values = (list: readonly MetricFamily[]) =>
      list.flatMap(({ samples }) => samples).map(({ name, labels, value }) =>
        JSON.stringify([name, labels, value])
      ).sort();
    assert.deepEqual(values(read), values(families), name);
  }
});

Deno.test("writeExposition() gives back the good OpenMetrics cases and those of the Python client", () => {
  const openMetrics = fixtureLines<{ input: string; shouldParse: boolean }>("openmetrics.jsonl")
    .filter(({ shouldParse }) => shouldParse).map(({ input }) => ({ input, format: "openmetrics" as const }));
  const client = fixtureLines<{ input: string; format: string; error?: string }>("client_python.jsonl")
    .filter(({ error }) => error === undefined)
    .map(({ input, format }) => ({
      input,
      format: format === "om" ? "openmetrics" as const : "prometheus" as const,
    }));
  for (const { input, format } of [...openMetrics, ...client]) {
    const families = parseExposition(input, { format });
    assert.deepEqual(
      parseExposition(writeExposition(families, { format }), { format, strict: true }),
      families,
      input,
    );
  }
});

// ---------------------------------------------------------------------------------------------------------------
// Any families at all

const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((each) => each.isWellFormed());
const plainName = fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,8}[a-z]$/).filter((name) =>
  !/_(total|sum|count|bucket|info|created)$/.test(name)
);
const anyName = fc.oneof(
  { weight: 3, arbitrary: plainName },
  text.filter((name) => name !== "").map((name) => `${name}x`),
);
const labelName = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/) },
  text.filter((name) => name !== ""),
)
  // Names that look like array indexes change their place in an object.
  .filter((name) => !/^\d+$/.test(name) && !["le", "quantile", "__name__"].includes(name));
const labels = fc.dictionary(labelName, text, { maxKeys: 3, noNullPrototype: true });
const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 1e21, 5e-324),
);

/** Sample suffixes of a type in each format. */
const SUFFIXES: Readonly<
  Record<"prometheus" | "openmetrics", Partial<Record<MetricType, readonly string[]>>>
> = {
  prometheus: {
    counter: [""],
    gauge: [""],
    untyped: [""],
    summary: ["", "_sum", "_count"],
    histogram: ["_bucket", "_sum", "_count"],
  },
  openmetrics: {
    counter: ["_total", "_created"],
    gauge: [""],
    unknown: [""],
    info: ["_info"],
    stateset: [""],
    summary: ["", "_sum", "_count", "_created"],
    histogram: ["_bucket", "_sum", "_count", "_created"],
    gaugehistogram: ["_bucket", "_gsum", "_gcount"],
  },
};

function familiesOf(format: "prometheus" | "openmetrics"): fc.Arbitrary<MetricFamily[]> {
  const help = format === "prometheus"
    ? text.map((each) => each.trim())
    : text.filter((each) => !each.endsWith("\r"));
  const types = Object.keys(SUFFIXES[format]) as MetricType[];
  const family = fc.record({
    name: anyName,
    type: fc.constantFrom(...types),
    help,
    labels,
    rows: fc.array(fc.nat(), { maxLength: 4 }),
  })
    .chain(({ name, type, help, labels, rows }) =>
      fc.tuple(...rows.map((row) => sampleOf(name, type, labels, row, format)))
        .map((samples) => ({ name, type, help, samples }))
    );
  return fc.uniqueArray(family, { maxLength: 5, selector: ({ name }) => name.replaceAll(":", "_") });
}

function sampleOf(
  name: string,
  type: MetricType,
  own: Labels,
  row: number,
  format: "prometheus" | "openmetrics",
): fc.Arbitrary<Sample> {
  const suffixes = SUFFIXES[format][type] ?? assert.fail();
  const suffix = suffixes[row % suffixes.length] ?? assert.fail();
  const required = { name: fc.constant(name + suffix), labels: fc.constant(own), value };
  const requiredKeys = ["name", "labels", "value"] as const;
  if (format === "prometheus") {
    const timestampSeconds = fc.integer({ min: -1e12, max: 1e13 }).map((milliseconds) => milliseconds / 1000);
    return fc.record({ ...required, timestampSeconds }, {
      requiredKeys: [...requiredKeys],
      noNullPrototype: true,
    });
  }
  const timestampSeconds = fc.double({ noNaN: true, noDefaultInfinity: true });
  const exemplar = fc.record({ labels, value, timestampSeconds }, {
    requiredKeys: ["labels", "value"],
    noNullPrototype: true,
  });
  return fc.record({ ...required, timestampSeconds, exemplar }, {
    requiredKeys: [...requiredKeys],
    noNullPrototype: true,
  });
}

for (const format of ["prometheus", "openmetrics"] as const) {
  Deno.test(`writeExposition() then parseExposition() is the identity on any families of ${format}`, () => {
    fc.assert(
      fc.property(familiesOf(format), (families) => {
        const faults: string[] = [];
        const written = writeExposition(families, { format });
        const read = parseExposition(written, { format, onError: ({ reason }) => faults.push(reason) });
        assert.deepEqual(faults, [], written);
        // OpenMetrics keeps samples of one metric together: here all have the same labels.
        assert.deepEqual(read, families, written);
      }),
      { seed: 3, numRuns: 400 },
    );
  });
}

// ---------------------------------------------------------------------------------------------------------------
// From one format to the other

const OPEN_METRICS_TEXT = `# TYPE c counter
# UNIT c_seconds seconds
# HELP c help
c_total{a="1"} 5 1.5 # {id="x"} 1
c_created{a="1"} 100
# TYPE i info
i_info{v="2"} 1
# TYPE s stateset
s{s="on"} 1
# TYPE u unknown
u 1
# EOF
`;

Deno.test("writeExposition() fits OpenMetrics families to Prometheus text", () => {
  const families = parseExposition(OPEN_METRICS_TEXT, { format: "openmetrics" });
  assert.equal(
    writeExposition(families),
    `# HELP c_total help
# TYPE c_total counter
c_total{a="1"} 5 1500
# HELP c_created help
# TYPE c_created gauge
c_created{a="1"} 100
# TYPE c_seconds untyped
# TYPE i_info gauge
i_info{v="2"} 1
# TYPE s gauge
s{s="on"} 1
# TYPE u untyped
u 1
`,
  );
});

Deno.test("writeExposition() fits Prometheus families to OpenMetrics text", () => {
  const families = parseExposition(`# HELP c_total help
# TYPE c_total counter
c_total{a="1"} 5 1500
# TYPE c_created gauge
c_created{a="1"} 100
# TYPE plain counter
plain 1
# TYPE h histogram
h_bucket{e="0",le="+Inf"} 1
h_bucket{e="1",le="+Inf"} 2
h_sum{e="0"} 3
h_sum{e="1"} 4
h_count{e="0"} 1
h_count{e="1"} 2
x 1
`);
  assert.equal(
    writeExposition(families, { format: "openmetrics" }),
    `# TYPE c counter
# HELP c help
c_total{a="1"} 5 1.5
c_created{a="1"} 100 1.5
# TYPE plain unknown
plain 1
# TYPE h histogram
h_bucket{e="0",le="+Inf"} 1
h_sum{e="0"} 3
h_count{e="0"} 1
h_bucket{e="1",le="+Inf"} 2
h_sum{e="1"} 4
h_count{e="1"} 2
# TYPE x unknown
x 1
# EOF
`,
  );
});

Deno.test("writeExposition() writes names that need quotes in quotes, or escaped as asked", () => {
  const families: MetricFamily[] = [{
    name: "a.b",
    type: "gauge",
    help: "",
    samples: [{ name: "a.b", labels: { "c d": "1" }, value: 1 }],
  }];
  const f = (escaping: "allow-utf-8" | "underscores" | "dots" | "values", expected: string) =>
    assert.equal(writeExposition(families, { escaping }), expected);
  f("allow-utf-8", '# TYPE "a.b" gauge\n{"a.b","c d"="1"} 1\n');
  f("underscores", '# TYPE a_b gauge\na_b{c_d="1"} 1\n');
  f("dots", '# TYPE a_dot_b gauge\na_dot_b{c__d="1"} 1\n');
  f("values", '# TYPE U__a_2e_b gauge\nU__a_2e_b{U__c_20_d="1"} 1\n');
});

Deno.test("writeExposition() writes nothing for no families but OpenMetrics' end", () => {
  assert.equal(writeExposition([]), "");
  assert.equal(writeExposition([], { format: "openmetrics" }), "# EOF\n");
});
