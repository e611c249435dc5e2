/**
 * `deno task bench diagnosis`: how often the diagnosis names the true cause, how often it cries wolf, how late it is.
 * Virtual time, the engine model of the simulator; profiles and seeds that rules were tuned on are reported apart.
 *
 * A run of hours is made of parts: `--keep=FILE` keeps each outcome as it comes and takes up what is there (those of a sample
 * serve a full run, too), `--part=1/2` makes every second case and leaves the others to another process with the same file,
 * `--minutes=20` begins no case after so many.
 *
 * @module
 */
import { tryAdvice, tryLargerBatch, tryMoreClients } from "./diagnosis_advice.ts";
import { KeptOutcomes } from "./diagnosis_keep.ts";
import { type Outcome, score, scoresByCause } from "./diagnosis_score.ts";
import { scoreStretches } from "./diagnosis_stretches.ts";
import {
  casesOf,
  type NamedCase,
  type SuiteOptions,
  TUNED_PROFILES,
  UNSEEN_PROFILES,
} from "./diagnosis_suite.ts";
import { adviceLine, figuresOf, type Results, tableOf } from "./diagnosis_table.ts";

/** What to run, and how. */
export interface DiagnosisBenchOptions extends SuiteOptions {
  readonly json: boolean;
  /** One line a case behind the table. */
  readonly cases: boolean;
  /** Where outcomes are kept; without it nothing is. */
  readonly keep?: string;
  /** Makes this one of so many equal parts of the cases. */
  readonly part?: { readonly number: number; readonly of: number };
  /** Begins no case after so many. */
  readonly minutes?: number;
}

/**
 * From a command line.
 *
 * @throws RangeError for a part or a number that is none
 */
export function optionsOf(args: readonly string[]): DiagnosisBenchOptions {
  const text = (name: string) =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(`--${name}=`.length) || undefined;
  const has = (name: string) => args.includes(`--${name}`);
  const [only, keep, part] = [text("only"), text("keep"), text("part")];
  const [seed, minutes] = [numberOf("seed", text("seed")), numberOf("minutes", text("minutes"))];
  return {
    json: has("json"),
    cases: has("cases"),
    full: has("full"),
    tuned: has("tuned"),
    ...(only === undefined ? {} : { only }),
    ...(keep === undefined ? {} : { keep }),
    ...(seed === undefined ? {} : { seed }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(part === undefined ? {} : { part: partOf(part) }),
  };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= 0)) throw new RangeError(`Cannot use --${name}=${text}: wanted a number`);
  return value;
}

function partOf(text: string): { number: number; of: number } {
  const [number, of] = text.split("/").map(Number);
  if (!(number! >= 1 && of! >= number!)) {
    throw new RangeError(`Cannot use --part=${text}: wanted a part of a number of them, such as 1/2`);
  }
  return { number: number!, of: of! };
}

/** Scores cases one after another, those of this part while there is time, and takes outcomes that are kept. */
class Scorer {
  /** Cases that have no outcome yet. */
  missing = 0;
  #count = 0;
  readonly #kept: KeptOutcomes;
  readonly #part: { readonly number: number; readonly of: number };
  readonly #untilMs: number;

  constructor(
    kept: KeptOutcomes,
    { part = { number: 1, of: 1 }, minutes = Infinity }: DiagnosisBenchOptions,
  ) {
    this.#kept = kept;
    this.#part = part;
    this.#untilMs = performance.now() + 60_000 * minutes;
  }

  async all<T>(cases: readonly NamedCase[], scored: (one: NamedCase) => Promise<T>): Promise<T[]> {
    const outcomes: T[] = [];
    for (const one of cases) {
      const known = this.#kept.get<T>(one.key);
      const isOwn = this.#count++ % this.#part.of === this.#part.number - 1;
      if (known !== undefined) outcomes.push(known);
      else if (isOwn && performance.now() < this.#untilMs) {
        const outcome = await scored(one);
        await this.#kept.add(one.key, outcome);
        outcomes.push(outcome);
      } else this.missing++;
    }
    return outcomes;
  }
}

/** Runs, prints a table or JSON. */
export async function run(options: DiagnosisBenchOptions): Promise<void> {
  const { tuned, seed } = options;
  const cases = casesOf(options);
  const kept = await KeptOutcomes.open(options.keep, { tuned, seed: seed ?? null });
  const scorer = new Scorer(kept, options);
  const one = async ({ make }: NamedCase) => await score(await make());
  const profiles = tuned ? TUNED_PROFILES : UNSEEN_PROFILES;
  const isWhole = options.only === undefined && options.part === undefined && options.minutes === undefined;
  const incidents = await scorer.all(cases.incidents, one);
  const results: Results = {
    incidents,
    pairs: await scorer.all(cases.pairs, one),
    healthy: await scorer.all(cases.healthy, one),
    loops: await scorer.all(cases.loops, one),
    short: await scorer.all(cases.short, one),
    shortLimited: await scorer.all(cases.shortLimited, one),
    stretches: (await scorer.all(cases.stretches, async ({ make }) => await scoreStretches(await make())))
      .flat(),
    scores: scoresByCause(incidents),
    advice: isWhole || options.only === "advice"
      ? [...await tryAdvice(profiles), ...await tryMoreClients(profiles), ...await tryLargerBatch(profiles)]
      : [],
  };
  const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
  if (options.json) print(JSON.stringify(figuresOf(results)));
  else for (const line of [...tableOf(results), ...results.advice.map(adviceLine)]) print(line);
  if (scorer.missing > 0) print(`${scorer.missing} cases have no outcome yet`);
  if (options.cases) { for (const line of caseLines(results)) print(line); }
}

function caseLines({ incidents, pairs, healthy, loops, short, shortLimited, stretches }: Results): string[] {
  const line = (one: Outcome) =>
    `${one.verdict.padEnd(9)} ${one.name}: ${one.said}; wrong ${one.wrong.join(",")}; false ${
      one.falseFindings.join(",")
    }; delay ${one.delaySeconds}; notes ${one.notes.join(",")}`;
  return [
    ...[incidents, pairs, healthy, loops, short, shortLimited].flat().map(line),
    ...stretches.map((one) =>
      `${one.verdict.padEnd(12)} ${one.part} ${one.seconds} s${
        one.isFelt ? ", felt" : ""
      } of ${one.name}: ${one.said}`
    ),
  ];
}

if (import.meta.main) await run(optionsOf(Deno.args));
