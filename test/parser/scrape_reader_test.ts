import assert from "node:assert/strict";
import fc from "fast-check";
import { parseExposition } from "../../src/parser/parse.ts";
import { ScrapeReader, type ScrapeReaderOptions } from "../../src/parser/scrape_reader.ts";
import type { ScrapeView } from "../../src/parser/scrape_view.ts";
import type { ParseError } from "../../src/parser/types.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";
import { fixtureNames, fixtureText } from "../helpers/parser_fixtures.ts";

const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** A reader with what it told so far. */
class Follower {
  readonly reader: ScrapeReader;
  readonly definitions = new Map<number, SeriesDefinition>();
  readonly faults: ParseError[] = [];

  constructor(options: ScrapeReaderOptions = {}) {
    this.reader = new ScrapeReader({ ...options, onError: (fault) => this.faults.push(fault) });
  }

  read(text: string, contentType?: string): ScrapeView {
    const view = this.reader.read(new TextEncoder().encode(text), 0, contentType);
    for (const definition of view.defined) {
      assert.ok(!this.definitions.has(definition.id), `id ${definition.id} is given twice`);
      this.definitions.set(definition.id, definition);
    }
    return view;
  }

  /** One line a sample: name, labels by name, value. */
  lines(view: ScrapeView): string[] {
    return [...view.ids].map((id, at) => {
      const { name, labels } = this.definitions.get(id) ?? assert.fail(`id ${id} was never defined`);
      return line(name, labels, view.values[at] ?? assert.fail());
    });
  }
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1);
  return `${name} ${JSON.stringify(pairs)} ${Object.is(value, -0) ? "-0" : value}`;
}

function parsedLines(text: string): string[] {
  const samples = parseExposition(text).flatMap((family) => family.samples);
  return samples.map(({ name, labels, value }) => line(name, labels, value));
}

Deno.test("ScrapeReader.read() yields what parseExposition() reads, over 25 servers one after the other, three times", () => {
  const follower = new Follower();
  for (let round = 0; round < 3; round++) {
    for (const name of fixtureNames("scrapes")) {
      const text = fixtureText(`scrapes/${name}.txt`);
      const view = follower.read(text);
      assert.deepEqual(follower.lines(view), parsedLines(text), name);
      assert.equal(view.skippedLines, 0);
      assert.equal(view.timestampsSeconds, undefined);
      if (round > 0) assert.deepEqual(view.defined, [], name);
    }
  }
  assert.deepEqual(follower.faults, []);
});

Deno.test("ScrapeReader.read() yields what parseExposition() reads when series come, go and move", () => {
  const series = fc.record({
    name: fc.constantFrom("a", "b", "a_b", "vllm:x_bucket"),
    labels: fc.constantFrom(
      "",
      "{}",
      '{l="1"}',
      '{l="2",m="longer than eight bytes"}',
      '{m="3",l="é"}',
      '{l="1" }',
    ),
    value: fc.constantFrom("1", "0.5", "NaN", "+Inf", "1.7955511583742363e+09", "-0", "007"),
  });
  const scrape = fc.uniqueArray(series, {
    maxLength: 12,
    selector: ({ name, labels }) => name + labels.replaceAll(" ", "").replace("{}", ""),
  });
  fc.assert(
    fc.property(fc.array(scrape, { minLength: 1, maxLength: 8 }), (scrapes) => {
      const follower = new Follower();
      let before = new Set<string>();
      for (const rows of scrapes) {
        const text = rows.map(({ name, labels, value }) => `${name}${labels} ${value}\n`).join("");
        const view = follower.read(text);
        const lines = follower.lines(view);
        assert.deepEqual([...lines].sort(), parsedLines(text).sort());
        const now = new Set([...view.ids].map((id) => String(id)));
        const gone = [...before].filter((id) => !now.has(id));
        assert.deepEqual([...view.vanishedIds].map(String).sort(), gone.sort());
        before = now;
      }
      assert.deepEqual(follower.faults, []);
    }),
    { seed: 5, numRuns: 300 },
  );
});

Deno.test("ScrapeReader.read() keeps an id over absence and tells once what vanished", () => {
  const follower = new Follower();
  assert.deepEqual([...follower.read("a 1\nb 2\nc 3\n").ids], [0, 1, 2]);
  const without = follower.read("a 1\nc 3\n");
  assert.deepEqual([[...without.ids], [...without.vanishedIds]], [[0, 2], [1]]);
  assert.deepEqual([...follower.read("a 1\nc 3\n").vanishedIds], []);
  const back = follower.read("a 1\nb 5\nc 3\n");
  assert.deepEqual([[...back.ids], [...back.values], back.defined], [[0, 1, 2], [1, 5, 3], []]);
  assert.deepEqual([...follower.read("").vanishedIds], [0, 1, 2]);
});

Deno.test("ScrapeReader.read() knows a series by its labels, however they are written", () => {
  const follower = new Follower();
  const f = (text: string) => assert.deepEqual([...follower.read(text).ids], [0], text);
  f('a{b="1",c="\\"x\\n"} 1\n');
  f('a{c="\\"x\\n",b="1"} 2\n');
  f('a { b = "1" , c="\\"x\\n", } 3\n');
  f('  a{"c"="\\"x\\n","b"="1"}\t4\r\n');
  f('{"a",b="1",c="\\"x\\n"} 5');
  assert.deepEqual(follower.definitions.size, 1);
  assert.deepEqual([...follower.read('a{b="1",c="x\\n"} 1\n').ids], [1]);
});

Deno.test("ScrapeReader.read() takes type and help from the family", () => {
  const f = (text: string, expected: Record<string, string>, contentType?: string) => {
    const { defined } = new Follower().read(text, contentType);
    assert.deepEqual(
      Object.fromEntries(defined.map(({ name, type, help }) => [name, `${type} ${help}`])),
      expected,
    );
  };
  f(
    '# HELP h hh\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n# HELP h_created hc\n# TYPE h_created gauge\nh_created 5\n',
    {
      h_bucket: "histogram hh",
      h_sum: "histogram hh",
      h_count: "histogram hh",
      h_created: "gauge hc",
    },
  );
  f("# TYPE c counter\n# HELP c cc\nc_total 1\nc_created 5\nx 1\n# EOF\n", {
    c_total: "counter cc",
    c_created: "gauge cc",
    x: "unknown undefined",
  }, OPEN_METRICS);
  f("x 1\n", { x: "untyped undefined" });
});

Deno.test("ScrapeReader.read() takes the unit of timestamps from the Content-Type, and NaN where a line states none", () => {
  const text = "a 1 1500\nb 2\n# EOF\n";
  const follower = new Follower();
  assert.deepEqual([...follower.read(text).timestampsSeconds ?? []], [1.5, NaN]);
  assert.deepEqual([...follower.read(text, OPEN_METRICS).timestampsSeconds ?? []], [1500, NaN]);
  assert.deepEqual([...follower.read("b 2\na 1 2500\n").timestampsSeconds ?? []], [NaN, 2.5]);
  assert.equal(follower.read("a 1\nb 2\n").timestampsSeconds, undefined);
  assert.deepEqual(follower.faults, []);
  assert.equal(follower.definitions.size, 2);
});

Deno.test("ScrapeReader.read() gives up faulty lines each time and keeps the rest", () => {
  const follower = new Follower();
  for (let round = 0; round < 3; round++) {
    const view = follower.read('a 1\nb x\n# TYPE q meh\nc{d="1} 2\nd 4\na 9\ne 5 x\n');
    assert.deepEqual(follower.lines(view), ["a [] 1", "d [] 4"]);
    assert.equal(view.skippedLines, 5);
    assert.deepEqual(follower.faults.splice(0).map(({ line, reason }) => `${line} ${reason}`), [
      "2 value is not a number",
      "3 unknown type",
      "4 quotes are not closed",
      "6 series occurs twice",
      "7 timestamp is not a number",
    ]);
  }
  // A known series whose value is no number this time.
  assert.equal(follower.read("a 1\nd oops\n").skippedLines, 1);
  assert.deepEqual([...follower.read("d 4\n").ids], [1]);
});

Deno.test("ScrapeReader.read() reports the end of OpenMetrics text", () => {
  const follower = new Follower();
  follower.read("a 1\n", OPEN_METRICS);
  follower.read("a 1\n# EOF\nb 1\n", OPEN_METRICS);
  assert.deepEqual(follower.faults.map(({ line, reason }) => `${line} ${reason}`), [
    "2 no # EOF at the end: the text may be cut off",
    "3 text after # EOF",
  ]);
  assert.equal(follower.definitions.size, 1);
});

Deno.test("ScrapeReader.read() gives up native histograms and takes exemplars for what they are", () => {
  const follower = new Follower();
  const native = "{count:1,sum:2,schema:0,zero_threshold:0,zero_count:0}";
  for (let round = 0; round < 2; round++) {
    const text = `# TYPE h histogram\nh ${native}\nh_bucket{le="+Inf"} 1 # {id="x"} 0.5\n# EOF\n`;
    const view = follower.read(text, OPEN_METRICS);
    assert.deepEqual(follower.lines(view), ['h_bucket [["le","+Inf"]] 1']);
    assert.equal(view.skippedLines, 1);
  }
  follower.read("h 5\n# EOF\n", OPEN_METRICS);
  assert.equal(follower.read(`h ${native}\n# EOF\n`, OPEN_METRICS).skippedLines, 1);
});

Deno.test("ScrapeReader.read() refuses a body beyond maxBytes and reads on", () => {
  const follower = new Follower({ maxBytes: 4 });
  assert.throws(() => follower.read("abc 1\n"), {
    name: "RangeError",
    message: "Cannot parse exposition: 6 bytes, wanted at most 4",
  });
  assert.deepEqual([...follower.read("a 1\n").values], [1]);
});

Deno.test("ScrapeReader.read() does not depend on the body after the call", () => {
  const follower = new Follower();
  const body = new TextEncoder().encode('abc{label="value"} 1\n');
  const [first] = follower.reader.read(body, 0).defined;
  body.fill(0x78);
  assert.deepEqual([first?.name, first?.labels], ["abc", { label: "value" }]);
  const view = follower.reader.read(new TextEncoder().encode('abc{label="value"} 2\n'), 0);
  assert.deepEqual([[...view.ids], [...view.values], view.defined], [[0], [2], []]);
});

Deno.test("ScrapeReader.read() forgets what is long gone and keeps the ids of what is there", () => {
  const follower = new Follower();
  const stays = 'stays{a="1"} 1\n';
  follower.read(stays);
  let last = 0;
  for (let scrape = 0; scrape < 60; scrape++) {
    const pods = Array.from({ length: 1000 }, (_, pod) => `p{pod="${scrape}-${pod}"} ${pod}\n`).join("");
    const view = follower.read(stays + pods);
    assert.deepEqual([view.ids[0], view.ids.length, view.vanishedIds.length], [
      0,
      1001,
      scrape === 0 ? 0 : 1000,
    ]);
    assert.equal(view.ids[1], last + 1);
    last = view.ids[1000] ?? assert.fail();
  }
  assert.equal(last, 60_000);
  // Forgotten: the first pods are new again.
  assert.equal(follower.read('p{pod="0-0"} 1\n').defined[0]?.id, 60_001);
});

Deno.test("ScrapeReader.read() tells heads apart that are equal as doubles but not as bytes", () => {
  const follower = new Follower();
  const f = (value: string) => `a{b="${value}"} 1\n`;
  const values = [
    "\0\0\0\0\0\0\0\0\0\0\0\0",
    "\0\0\0\0\0\0\0\0\0\0\0\u0080",
    "\u07ff\u07ff\u07ff\u07ff\u07ff\u07ff",
    "\u07ff\u07ff\u07ff\u07ff\u07ff\u07fe",
  ];
  const ids = values.map((value) => follower.read(f(value)).ids[0]);
  assert.deepEqual(ids, [0, 1, 2, 3]);
  assert.deepEqual(values.map((value) => follower.read(f(value)).ids[0]), ids);
});
