import assert from "node:assert/strict";
import { DEFAULT_MAX_BYTES, parseExposition, type ParseOptions } from "../../src/parser/parse.ts";
import type { MetricFamily, ParseError, Sample } from "../../src/parser/types.ts";

interface Read {
  readonly families: MetricFamily[];
  readonly samples: Sample[];
  readonly faults: ParseError[];
}

function read(text: string | Uint8Array, options: ParseOptions = {}): Read {
  const faults: ParseError[] = [];
  const families = parseExposition(text, { ...options, onError: (fault) => faults.push(fault) });
  return { families, samples: families.flatMap((family) => family.samples), faults };
}

Deno.test("parseExposition() gives up a faulty line, says why, and keeps all others", () => {
  const f = (line: string, reason: string) => {
    const { samples, faults } = read(`before 1\n${line}\nafter 2\n`);
    assert.deepEqual(samples.map(({ name }) => name), ["before", "after"], line);
    assert.deepEqual(faults, [{ line: 2, reason, text: line }], line);
  };
  f("0a 1", "no metric name");
  f("=1", "no metric name");
  f("a", "no value");
  f("a ", "no value");
  f("a{} ", "no value");
  f("a.b 1", "metric name has a character that needs quotes");
  f("a x", "value is not a number");
  f("a 0x10", "value is not a number");
  f("a 1e309", "value is not a number");
  f("a 1_000", "value is not a number");
  f("a 1 x", "timestamp is not a number");
  f("a 1 NaN", "timestamp is not a number");
  f("a 1 2 3", "text after the sample");
  f('a{b="1" 1', "no comma or } after a label");
  f('a{b="1} 1', "quotes are not closed");
  f('a{b="1\\"} 1', "quotes are not closed");
  f("a{b=1} 1", "label value is not in quotes");
  f("a{b='1'} 1", "label value is not in quotes");
  f("a{b} 1", "label without =");
  f('a{="1"} 1', "no label name");
  f('a{1b="1"} 1', "no label name");
  f('a{b="1",,c="2"} 1', "no label name");
  f('a{b="1"c="2"} 1', "no comma or } after a label");
  f('a{b="1",b="2"} 1', "label occurs twice");
  f('a{""="2"} 1', "empty name");
  f('a{"b"} 1', "second metric name");
  f('{"a","b"} 1', "second metric name");
  f('{b="1"} 1', "no metric name");
  f('{""} 1', "empty name");
  f("a 1 # {}", "exemplar value is not a number");
  f("a 1 # x", "exemplar without labels");
  f("# TYPE a meh", "unknown type");
  f("# TYPE a", "no type");
  f("# HELP", "no metric name");
  f("# TYPE 0 gauge", "no metric name");
  f('# HELP "a x', "quotes are not closed");
});

Deno.test("parseExposition() gives up a label value that is not UTF-8, and mends a HELP that is not", () => {
  const text = new Uint8Array([
    ...new TextEncoder().encode("# HELP a x"),
    0xff,
    ...new TextEncoder().encode('\na{b="'),
  ]);
  const end = new TextEncoder().encode('"} 1\na 2\n');
  const { families, faults } = read(new Uint8Array([...text, 0xff, ...end]));
  assert.deepEqual(families, [{
    name: "a",
    type: "untyped",
    help: "x\ufffd",
    samples: [{ name: "a", labels: {}, value: 2 }],
  }]);
  assert.deepEqual(faults, [{ line: 2, reason: "text in quotes is not UTF-8", text: 'a{b="\ufffd"} 1' }]);
});

Deno.test("parseExposition() quotes a faulty line with control characters escaped and at most 200 characters", () => {
  assert.equal(read("\u0000\u001b[31m!\n").faults[0]?.text, "\\x00\\x1b[31m!");
  const { text } = read(`?${"x".repeat(1000)}\n`).faults[0] ?? assert.fail();
  assert.equal(text.length, 200);
  assert.ok(text.endsWith("x…"));
});

Deno.test("parseExposition() reads what servers really send", () => {
  const f = (line: string, expected: Sample) => {
    const { samples, faults } = read(line);
    assert.deepEqual(faults, [], line);
    assert.deepEqual(samples, [expected], line);
  };
  f("a 1\n", { name: "a", labels: {}, value: 1 });
  f("a 1", { name: "a", labels: {}, value: 1 });
  f("a 1\r\n", { name: "a", labels: {}, value: 1 });
  f('  a\t{ b = "1" , }\t1  \n', { name: "a", labels: { b: "1" }, value: 1 });
  f('a{b="1"}1\n', { name: "a", labels: { b: "1" }, value: 1 });
  f('a{b="1", c="2"} 03.0\n', { name: "a", labels: { b: "1", c: "2" }, value: 3 });
  f("vllm:x 1.7955e+09\n", { name: "vllm:x", labels: {}, value: 1795500000 });
  f("a 1.1701968896e+010\n", { name: "a", labels: {}, value: 11701968896 });
  f("a +Inf\n", { name: "a", labels: {}, value: Infinity });
  f("a -inf\n", { name: "a", labels: {}, value: -Infinity });
  f("a nan\n", { name: "a", labels: {}, value: NaN });
  f("a 9223372036854775794\n", { name: "a", labels: {}, value: 9223372036854775807 });
  f("a 1 1500\n", { name: "a", labels: {}, value: 1, timestampSeconds: 1.5 });
  f("a 1 -1500\n", { name: "a", labels: {}, value: 1, timestampSeconds: -1.5 });
  f('a{b="\\\\ \\" \\n \\q"} 1\n', { name: "a", labels: { b: '\\ " \n \\q' }, value: 1 });
  f('a{b="}#{,="} 1\n', { name: "a", labels: { b: "}#{,=" }, value: 1 });
  f('a{b="模型"} 1\n', { name: "a", labels: { b: "模型" }, value: 1 });
  f('a{b="\ufeff"} 1\n', { name: "a", labels: { b: "\ufeff" }, value: 1 });
  f('{"a.b",c="1"} 1\n', { name: "a.b", labels: { c: "1" }, value: 1 });
  f('a{"b.c"="1"} 1\n', { name: "a", labels: { "b.c": "1" }, value: 1 });
  f('{__name__="a",b="1"} 1\n', { name: "a", labels: { b: "1" }, value: 1 });
  f('a 1 # {id="x"} 0.5 9\n', {
    name: "a",
    labels: {},
    value: 1,
    exemplar: { labels: { id: "x" }, value: 0.5, timestampSeconds: 9 },
  });
  f("\ufeffa 1\n", { name: "a", labels: {}, value: 1 });
});

Deno.test("parseExposition() keeps a label called __proto__", () => {
  const labels = read('a{__proto__="1"} 1\n').samples[0]?.labels ?? assert.fail();
  assert.deepEqual(Object.entries(labels), [["__proto__", "1"]]);
  assert.equal(Object.getPrototypeOf(labels), Object.prototype);
});

Deno.test("parseExposition() gives back nothing for a text without metrics", () => {
  for (const text of ["", "\n", "\n\n \t\n", "# a remark\n#\n#HELP a b\n# HELPER a\n", "# EOF\n"]) {
    assert.deepEqual(read(text), { families: [], samples: [], faults: [] }, JSON.stringify(text));
  }
});

Deno.test("parseExposition() puts samples into the family that their TYPE line says", () => {
  const f = (text: string, expected: Record<string, string[]>, options: ParseOptions = {}) => {
    const { families, faults } = read(text, options);
    assert.deepEqual(faults, [], text);
    const read_ = families.map((
      { name, type, samples },
    ) => [`${name} ${type}`, samples.map((sample) => sample.name)]);
    assert.deepEqual(Object.fromEntries(read_), expected, text);
  };
  f('# TYPE h histogram\nh_sum 1\nh_count 1\nh_bucket{le="+Inf"} 1\nh_created 5\n', {
    "h histogram": ["h_sum", "h_count", "h_bucket"],
    "h_created untyped": ["h_created"],
  });
  // A histogram whose name ends like a counter's.
  f('# TYPE vllm:iteration_tokens_total histogram\nvllm:iteration_tokens_total_bucket{le="1"} 1\n', {
    "vllm:iteration_tokens_total histogram": ["vllm:iteration_tokens_total_bucket"],
  });
  f("# TYPE s summary\ns_sum 1\ns_count 1\n", { "s summary": ["s_sum", "s_count"] });
  // Metadata first, samples later; a family that comes back.
  f("# TYPE a gauge\n# TYPE b counter\na 1\nb 2\na 3\n", { "a gauge": ["a", "a"], "b counter": ["b"] });
  // Metadata without samples, and samples without metadata.
  f("# TYPE a gauge\nb_bucket 1\nb_sum 2\n", {
    "a gauge": [],
    "b_bucket untyped": ["b_bucket"],
    "b_sum untyped": ["b_sum"],
  });
  f("# TYPE x gauge\nx_sum 1\n", { "x gauge": [], "x_sum untyped": ["x_sum"] });
  // What a server sends that escapes names but not its metadata.
  f("# TYPE vllm:x counter\nvllm_x_total 1\n# EOF\n", { "vllm:x counter": ["vllm_x_total"] }, {
    format: "openmetrics",
  });
  f("# TYPE c counter\nc_total 1\nc_created 5\n# EOF\n", { "c counter": ["c_total", "c_created"] }, {
    format: "openmetrics",
  });
  f("a 1\n# EOF\n", { "a unknown": ["a"] }, { format: "openmetrics" });
});

Deno.test("parseExposition() takes the format from the Content-Type and never from the text", () => {
  const text = "# TYPE a counter\na_total 1 2\n# EOF\n";
  const f = (contentType: string | undefined, expected: number) => {
    const options = contentType === undefined ? {} : { contentType };
    assert.equal(read(text, options).samples[0]?.timestampSeconds, expected, contentType);
  };
  f(undefined, 0.002);
  f("text/plain; version=0.0.4; charset=utf-8", 0.002);
  f("text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8", 0.002);
  f("application/openmetrics-text; version=1.0.0; charset=utf-8", 2);
  f("nonsense", 0.002);
});

Deno.test("parseExposition() reports an OpenMetrics text that is cut off, and what follows its end", () => {
  const cut = read("a 1\n", { format: "openmetrics" });
  assert.deepEqual(cut.faults, [{
    line: 2,
    reason: "no # EOF at the end: the text may be cut off",
    text: "",
  }]);
  assert.equal(cut.samples.length, 1);
  const after = read("a 1\n# EOF\nb 2\n", { format: "openmetrics" });
  assert.deepEqual(after.faults, [{ line: 3, reason: "text after # EOF", text: "b 2" }]);
  assert.equal(after.samples.length, 1);
});

Deno.test("parseExposition() keeps the first HELP and TYPE of a metric and reports another", () => {
  const { families, faults } = read("# HELP a x\n# HELP a x\n# HELP a y\n# TYPE a gauge\n# TYPE a counter\n");
  assert.deepEqual(families, [{ name: "a", type: "gauge", help: "x", samples: [] }]);
  assert.deepEqual(faults.map(({ line, reason }) => [line, reason]), [
    [3, "second HELP of a metric"],
    [5, "second TYPE of a metric"],
  ]);
});

Deno.test("parseExposition() strict refuses Prometheus text that breaks a rule of its format, with the line", () => {
  const f = (text: string, reason: string, version = "1.0.0") => {
    assert.throws(() => parseExposition(text, { strict: true, version }), {
      name: "SyntaxError",
      message: reason,
    }, text);
  };
  const at = (line: number, reason: string, text: string) =>
    `Cannot parse exposition: line ${line}: ${reason}: ${JSON.stringify(text)}`;
  f("a 1", at(2, "no newline at the end", ""));
  f("a 1\nb x\n", at(2, "value is not a number", "b x"));
  f("a 1 1.5\n", at(1, "timestamp is not a number", "a 1 1.5"));
  f("a 1\n# TYPE a gauge\n", at(2, "TYPE after samples", "# TYPE a gauge"));
  f("# HELP a x\n# HELP a x\n", at(2, "second HELP of a metric", "# HELP a x"));
  f("# TYPE a gauge\n# TYPE a gauge\n", at(2, "second TYPE of a metric", "# TYPE a gauge"));
  f("# TYPE a info\n", at(1, "unknown type", "# TYPE a info"));
  f("a 1\nb 1\na 2\n", at(3, "lines of one metric are not together", "a 2"));
  f("a 1\na 2\n", at(2, "series occurs twice", "a 2"));
  f("a 1 # {} 1\n", at(1, "exemplar in Prometheus text", "a 1 # {} 1"));
  f('a{__b="1"} 1\n', at(1, "reserved label name", 'a{__b="1"} 1'));
  f('{"a.b"} 1\n', at(1, "quoted name in text format 0.0.4", '{"a.b"} 1'), "0.0.4");
  f('# TYPE a histogram\na_bucket{le="1"} 1\n', at(3, "histogram without +Inf bucket", ""));
  const count = '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 2\n';
  f(count, at(4, "histogram count is not its +Inf bucket", ""));
  const order = '# TYPE a histogram\na_bucket{le="2"} 1\na_bucket{le="1"} 1\n';
  f(order, at(3, "bounds are not in ascending order", 'a_bucket{le="1"} 1'));
});

Deno.test("parseExposition() strict compares the times of OpenMetrics to the nanosecond", () => {
  const f = (times: readonly string[]) => {
    const lines = times.map((time) => `a 1 ${time}\n`).join("");
    return parseExposition(`# TYPE a gauge\n${lines}# EOF\n`, { format: "openmetrics", strict: true });
  };
  assert.equal(f(["0.0000000001", "0", "1", "1"])[0]?.samples.length, 4);
  assert.throws(() => f(["0.00000001", "0"]), { message: /line 3: timestamp goes back/ });
});

Deno.test("parseExposition() strict takes a native histogram of a histogram and nothing else", () => {
  const native =
    "{count:1,sum:2,schema:0,zero_threshold:0.001,zero_count:0,positive_spans:[0:1],positive_deltas:[1]}";
  const f = (text: string) => parseExposition(`${text}\n# EOF\n`, { format: "openmetrics", strict: true });
  assert.deepEqual(f(`# TYPE h histogram\nh{a="b"} ${native}`)[0]?.samples[0]?.native, {
    count: 1,
    sum: 2,
    schema: 0,
    zeroThreshold: 0.001,
    zeroCount: 0,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveDeltas: [1],
  });
  for (
    const text of [
      `h ${native}`,
      `# TYPE h gauge\nh ${native}`,
      `# TYPE h histogram\nh_bucket ${native}`,
      `# TYPE h histogram\nh ${native.replace("schema:0,", "")}`,
      `# TYPE h histogram\nh ${native.replace("0:1", "0:x")}`,
      `# TYPE h histogram\nh ${native} 5`,
    ]
  ) assert.throws(() => f(text), SyntaxError, text);
});

Deno.test("parseExposition() strict is not misled by what a tolerant reading accepted before", () => {
  const text = 'a{ b = "1", } 1\n# EOF\n';
  assert.equal(read(text, { format: "openmetrics" }).samples.length, 1);
  assert.throws(() => parseExposition(text, { format: "openmetrics", strict: true }), SyntaxError);
});

Deno.test("parseExposition() refuses a text beyond maxBytes and says both sizes", () => {
  const f = (input: string | Uint8Array, maxBytes: number) =>
    assert.throws(() => parseExposition(input, { maxBytes }), {
      name: "RangeError",
      message: "Cannot parse exposition: 4 bytes, wanted at most 3",
    });
  f("a 1\n", 3);
  f(new TextEncoder().encode("a 1\n"), 3);
  f("é1\n", 3);
  assert.equal(DEFAULT_MAX_BYTES, 67108864);
});

Deno.test("parseExposition() is linear: a line of 20 MB, 10^6 labels, 10^5 buckets, 10^6 faults", () => {
  const long = "x".repeat(20_000_000);
  assert.equal(read(`a{b="${long}"} 1\n`).samples[0]?.labels.b?.length, long.length);
  assert.equal(read(long).faults[0]?.reason, "no value");
  assert.equal(read(`a ${"1".repeat(20_000_000)}\n`).faults[0]?.reason, "value is not a number");
  assert.equal(read(`a{b="${"\\".repeat(20_000_000)}"} 1\n`).samples.length, 1);
  const labels = Array.from({ length: 1_000_000 }, (_, label) => `l${label}="v"`).join(",");
  assert.equal(Object.keys(read(`a{${labels}} 1\n`).samples[0]?.labels ?? {}).length, 1_000_000);
  const buckets = Array.from({ length: 100_000 }, (_, le) => `h_bucket{le="${le}"} ${le}\n`).join("");
  assert.equal(read(`# TYPE h histogram\n${buckets}`).families[0]?.samples.length, 100_000);
  let faults = 0;
  parseExposition("!\n".repeat(1_000_000), { onError: () => faults++ });
  assert.equal(faults, 1_000_000);
});
