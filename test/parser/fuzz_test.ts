/** A short run; `bench/parser_fuzz.ts` goes on for a million cases. */
import fc from "fast-check";
import { seededRandom } from "../../src/base/random.ts";
import { ScrapeReader } from "../../src/parser/scrape_reader.ts";
import { fixtureLines, fixtureNames, fixtureText } from "../helpers/parser_fixtures.ts";
import { checkText, mutate } from "../helpers/mutations.ts";

Deno.test("parseExposition() and ScrapeReader hold on to their word for any text", () => {
  const word = fc.constantFrom(
    "a",
    "a_total",
    "# TYPE a counter",
    "# HELP a",
    '{b="1"}',
    '{"c"}',
    " 1",
    " # {} 1",
    "\n",
    "# EOF\n",
    "\\",
    '"',
    "é",
  );
  const text = fc.oneof(fc.string(), fc.array(word, { maxLength: 12 }).map((words) => words.join("")));
  const bytes = fc.oneof(
    text.map((each) => new TextEncoder().encode(each)),
    fc.uint8Array({ maxLength: 60 }),
  );
  const reader = new ScrapeReader();
  fc.assert(
    fc.property(
      bytes,
      fc.constantFrom("prometheus", "openmetrics"),
      (each, format) => checkText(each, format, reader),
    ),
    { seed: 1, numRuns: 4000 },
  );
});

Deno.test("parseExposition() and ScrapeReader hold on to their word for damaged scrapes", () => {
  const random = seededRandom(2);
  const reader = new ScrapeReader();
  const encoder = new TextEncoder();
  const scrapes = fixtureNames("scrapes").map((name) => encoder.encode(fixtureText(`scrapes/${name}.txt`)));
  for (const scrape of scrapes) {
    for (let round = 0; round < 2; round++) checkText(mutate(scrape, random), "prometheus", reader);
  }
  const cases = fixtureLines<{ input: string }>("client_python.jsonl").map(({ input }) =>
    encoder.encode(input)
  );
  for (const each of cases) {
    for (let round = 0; round < 10; round++) {
      checkText(mutate(each, random), round % 2 === 0 ? "prometheus" : "openmetrics", reader);
    }
  }
});
