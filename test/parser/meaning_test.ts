/** foldCreated, histogramsOf, summariesOf, infoLabels, escaping, Content-Types, numbers. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { foldCreated } from "../../src/parser/created.ts";
import { escapeName, unescapeName } from "../../src/parser/escaping.ts";
import { type EscapingScheme, formatOfContentType } from "../../src/parser/grammar.ts";
import { histogramsOf, infoLabels, summariesOf } from "../../src/parser/metrics.ts";
import { NumberReader } from "../../src/parser/number.ts";
import { parseExposition } from "../../src/parser/parse.ts";
import { fixtureText } from "../helpers/parser_fixtures.ts";

Deno.test("foldCreated() puts the birth of every vLLM counter, histogram and summary on its samples", () => {
  const families = parseExposition(fixtureText("scrapes/vllm-0.32.0-after.txt"));
  const folded = foldCreated(families);
  assert.deepEqual(families.filter(({ name }) => name.endsWith("_created")).length, 38);
  assert.deepEqual(folded.filter(({ name }) => name.endsWith("_created")), []);
  for (const { name, type, samples } of folded) {
    // The client's own process and garbage collector counters have no `_created` twin.
    if (type === "gauge" || /^(?:process|python)_/.test(name)) continue;
    for (const sample of samples) assert.ok((sample.createdSeconds ?? 0) > 1.79e9, sample.name);
  }
  const tokens = folded.find(({ name }) => name === "vllm:prompt_tokens_total")?.samples[0];
  const born = families.find(({ name }) => name === "vllm:prompt_tokens_created")?.samples[0]?.value;
  assert.equal(tokens?.createdSeconds, born);
});

Deno.test("foldCreated() matches labels, leaves what has no series, and does nothing without births", () => {
  const text =
    '# TYPE c counter\nc_total{a="1"} 1\nc_total{a="2"} 2\nc_created{a="2"} 50\nc_created{a="3"} 60\n# EOF\n';
  const [family] = foldCreated(parseExposition(text, { format: "openmetrics" }));
  assert.deepEqual(family?.samples, [
    { name: "c_total", labels: { a: "1" }, value: 1 },
    { name: "c_total", labels: { a: "2" }, value: 2, createdSeconds: 50 },
    { name: "c_created", labels: { a: "3" }, value: 60 },
  ]);
  const plain = parseExposition("# TYPE user_created gauge\nuser_created 1\n");
  assert.deepEqual(foldCreated(plain), plain);
  assert.deepEqual(foldCreated([]), []);
});

Deno.test("histogramsOf() gives one histogram per label set, in whatever order its lines come", () => {
  const [family] = parseExposition(`# TYPE h histogram
h_sum{e="1"} 9
h_count{e="1"} 3
h_bucket{e="1",le="+Inf"} 3
h_bucket{e="0",le="1.0"} 1
h_bucket{le="0.5",e="0"} 0
h_bucket{e="1",le="0.5"} 2
h_bucket{e="1",le="what"} 2
`);
  assert.deepEqual(histogramsOf(family ?? assert.fail()), [
    { labels: { e: "1" }, buckets: [{ le: 0.5, count: 2 }, { le: Infinity, count: 3 }], sum: 9, count: 3 },
    { labels: { e: "0" }, buckets: [{ le: 0.5, count: 0 }, { le: 1, count: 1 }] },
  ]);
});

Deno.test("summariesOf() reads a summary without quantiles, as vLLM's http_request_size_bytes is", () => {
  const families = parseExposition(fixtureText("scrapes/vllm-0.32.0-after.txt"));
  const family = families.find(({ name }) => name === "http_request_size_bytes") ?? assert.fail();
  const [first] = summariesOf(foldCreated([family])[0] ?? assert.fail());
  assert.deepEqual([first?.quantiles, Object.keys(first?.labels ?? {})], [[], ["handler"]]);
  assert.ok((first?.sum ?? 0) > 0 && (first?.count ?? 0) > 0);
  const [quantiles] = parseExposition(
    '# TYPE s summary\ns{quantile="0.9"} 2\ns{quantile="0.5"} 1\ns_sum 3\ns_count 2\n',
  );
  assert.deepEqual(summariesOf(quantiles ?? assert.fail()), [
    { labels: {}, quantiles: [{ quantile: 0.5, value: 1 }, { quantile: 0.9, value: 2 }], sum: 3, count: 2 },
  ]);
});

Deno.test("infoLabels() finds cache_config_info of each engine, however it is spelled", () => {
  const families = parseExposition(fixtureText("scrapes/vllm-0.32.0-two-engines-after.txt"));
  const found = infoLabels(families, "vllm:cache_config_info");
  assert.deepEqual(found.map(({ engine }) => engine), ["0", "1"]);
  assert.deepEqual(infoLabels(families, "vllm_cache_config").length, 2);
  assert.deepEqual(infoLabels(families, "no_such"), []);
});

Deno.test("escapeName() and unescapeName() follow the published scheme", () => {
  // Expected names: the examples of Prometheus' escaping scheme document and of client libraries' tests.
  const f = (name: string, scheme: EscapingScheme, expected: string, back = name) => {
    assert.equal(escapeName(name, scheme), expected, `${name} ${scheme}`);
    assert.equal(unescapeName(expected, scheme), back, `${expected} ${scheme}`);
  };
  f("no:escaping_required", "underscores", "no:escaping_required");
  f("no:escaping_required", "dots", "no:escaping__required");
  f("no:escaping_required", "values", "no:escaping_required");
  f(
    "mysystem.prod.west.cpu.load",
    "underscores",
    "mysystem_prod_west_cpu_load",
    "mysystem_prod_west_cpu_load",
  );
  f("mysystem.prod.west.cpu.load", "dots", "mysystem_dot_prod_dot_west_dot_cpu_dot_load");
  f("mysystem.prod.west.cpu.load", "values", "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load");
  f("mysystem.prod.west.cpu.load_total", "values", "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total");
  f("http.status:sum", "dots", "http_dot_status:sum");
  f("花火", "values", "U___82b1__706b_");
  f("", "values", "");
  assert.equal(unescapeName("U__bad_zz_", "values"), "U__bad_zz_");
  assert.equal(unescapeName("U__d_d800_", "values"), "U__d_d800_");
});

Deno.test("unescapeName() undoes escapeName() for values and for dots without odd characters", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((each) => each.isWellFormed());
  fc.assert(fc.property(name, (each) => unescapeName(escapeName(each, "values"), "values") === each), {
    seed: 9,
  });
  const dotted = fc.stringMatching(/^[a-z][a-z0-9.:]{0,12}$/);
  fc.assert(fc.property(dotted, (each) => unescapeName(escapeName(each, "dots"), "dots") === each), {
    seed: 9,
  });
});

Deno.test("formatOfContentType() reads what servers send, and takes the unknown for Prometheus text", () => {
  const f = (contentType: string | null | undefined, expected: ReturnType<typeof formatOfContentType>) =>
    assert.deepEqual(formatOfContentType(contentType), expected, String(contentType));
  f("text/plain; version=0.0.4; charset=utf-8", { format: "prometheus", version: "0.0.4" });
  f('text/plain; version="1.0.0"; charset=utf-8; escaping=underscores', {
    format: "prometheus",
    version: "1.0.0",
    escaping: "underscores",
  });
  f("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8", {
    format: "openmetrics",
    version: "1.0.0",
    escaping: "allow-utf-8",
  });
  f("Application/OpenMetrics-Text;Version=0.0.1", { format: "openmetrics", version: "0.0.1" });
  f("text/plain", { format: "prometheus" });
  f("text/html; escaping=oops", { format: "prometheus" });
  f("", { format: "prometheus" });
  f(null, { format: "prometheus" });
  f(undefined, { format: "prometheus" });
});

Deno.test("NumberReader.read() gives the double that Number() gives, to the last bit", () => {
  const reader = new NumberReader();
  const f = (text: string) => {
    const end = reader.read(new TextEncoder().encode(`${text}\n`), 0);
    if (end < 0) return false;
    const { value } = reader;
    assert.equal(end, text.length, text);
    assert.ok(Object.is(value, Number(text)), `${text}: ${value}, wanted ${Number(text)}`);
    return true;
  };
  let read = 0;
  const digits = fc.stringMatching(/^[0-9]{1,19}$/);
  const decimal = fc.tuple(
    fc.constantFrom("", "-", "+"),
    digits,
    fc.nat(20),
    fc.integer({ min: -22, max: 22 }),
    fc.boolean(),
  );
  fc.assert(
    fc.property(decimal, ([sign, mantissa, point, exponent, hasExponent]) => {
      const at = Math.min(point, mantissa.length);
      const text = `${sign}${mantissa.slice(0, at)}.${mantissa.slice(at)}`;
      if (f(hasExponent ? `${text}e${exponent}` : text)) read++;
    }),
    { seed: 11, numRuns: 20_000 },
  );
  assert.ok(read > 15_000, `only ${read} were read`);
  // Midway between two doubles, or next to it: 2^53 + 1, 2^54 ± 2, …
  for (
    const text of [
      "9007199254740993",
      "9007199254740993.0",
      "18014398509481986",
      "18014398509481990e0",
      "900719925474099.3e1",
    ]
  ) {
    f(text);
  }
  // As Python writes sums and times.
  fc.assert(fc.property(fc.double({ min: 1e-9, max: 1e13, noNaN: true }), (each) => void f(String(each))), {
    seed: 12,
    numRuns: 5000,
  });
});
