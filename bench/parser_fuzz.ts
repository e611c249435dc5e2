/**
 * The long fuzzing run of the parser:
 *
 *     deno run -A bench/parser_fuzz.ts              a million cases
 *     FUZZ_CASES=10000 FUZZ_SEED=7 deno run -A bench/parser_fuzz.ts
 *
 * Cases are pieces of real scrapes and of the inputs of other parsers' tests, damaged by a seeded generator. A case that
 * breaks a rule (see `checkText`) ends the run with the seed, the number and the bytes of the case.
 *
 * @module
 */
import process from "node:process";
import { integerBetween, type Random, seededRandom } from "../src/base/random.ts";
import { ScrapeReader } from "../src/parser/scrape_reader.ts";
import { checkText, mutate } from "../test/helpers/mutations.ts";
import { fixtureLines, fixtureNames, fixtureText } from "../test/helpers/parser_fixtures.ts";

/** How many cases one reader sees before a new one takes over. */
const CASES_PER_READER = 1000;

/** How many lines of a scrape make a case. */
const LONGEST_PIECE = 12;

function main(): void {
  const cases = Number(Deno.env.get("FUZZ_CASES") ?? 1_000_000);
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? 1);
  const random = seededRandom(seed);
  const pieces = new Pieces();
  let reader = new ScrapeReader();
  let largestMegabytes = 0;
  for (let number = 0; number < cases; number++) {
    if (number % CASES_PER_READER === 0) {
      reader = new ScrapeReader();
      largestMegabytes = Math.max(largestMegabytes, process.memoryUsage().rss / 1e6);
    }
    const text = mutate(pieces.pick(random), random);
    check(text, random.next() < 0.5 ? "prometheus" : "openmetrics", reader, `seed ${seed}, case ${number}`);
  }
  print(`${cases} cases of seed ${seed}: every rule held; memory up to ${Math.round(largestMegabytes)} MB`);
}

function check(
  text: Uint8Array,
  format: "prometheus" | "openmetrics",
  reader: ScrapeReader,
  which: string,
): void {
  try {
    checkText(text, format, reader);
  } catch (error) {
    print(`${which} (${format}) breaks a rule: ${JSON.stringify(new TextDecoder().decode(text))}`);
    throw error;
  }
}

/** Texts to damage. */
class Pieces {
  readonly #whole: Uint8Array<ArrayBuffer>[];
  readonly #lines: string[][];

  constructor() {
    const encoder = new TextEncoder();
    const inputs = [
      ...fixtureLines<{ input: string }>("client_python.jsonl"),
      ...fixtureLines<{ input: string }>("openmetrics.jsonl"),
    ];
    this.#whole = inputs.map(({ input }) => encoder.encode(input));
    const scrapes = fixtureNames("scrapes").map((name) => fixtureText(`scrapes/${name}.txt`));
    const others = fixtureNames("others").map((name) => fixtureText(`others/${name}.txt`));
    this.#lines = [...scrapes, ...others].map((text) => text.split("\n"));
  }

  /** One of the inputs, or some lines of one of the scrapes. */
  pick(random: Random): Uint8Array<ArrayBuffer> {
    if (random.next() < 0.5) return this.#whole[integerBetween(random, 0, this.#whole.length - 1)]!;
    const lines = this.#lines[integerBetween(random, 0, this.#lines.length - 1)]!;
    const start = integerBetween(random, 0, lines.length - 1);
    const piece = lines.slice(start, start + integerBetween(random, 1, LONGEST_PIECE));
    return new TextEncoder().encode(piece.join("\n") + "\n");
  }
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

main();
