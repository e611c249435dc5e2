/**
 * What a person knows of a server and no metric tells.
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks, COUNT_FROM_1 } from "../base/arguments.ts";
import { SOURCE } from "./arguments.ts";
import { isServer } from "./facts.ts";
import { setWholeSource, wholeSource } from "./narrow.ts";
import type { MetricSource } from "./types.ts";

/** Facts of every server of a source that does not tell them itself. */
export interface StatedFacts {
  /** `--max-num-seqs` of each engine: vLLM tells it in no metric. */
  readonly maxNumSequences?: number;
}

const CHECKS: Checks<StatedFacts> = { maxNumSequences: COUNT_FROM_1 };

/**
 * A source whose servers have these facts as well; what a server tells of itself stays. Machines and GPUs are no servers. Of a stretch
 * (`withinSpan`) the time before it is still known.
 *
 * @example
 * ```ts
 * import { openShippedData, withStatedFacts } from "#lab";
 *
 * const source = withStatedFacts(await openShippedData("vllm-0.32.0-cpu"), { maxNumSequences: 8 });
 * for (const { target, maxNumSequences } of await source.facts()) console.log(target, maxNumSequences);
 * ```
 *
 * @throws TypeError or RangeError for facts that cannot be meant
 */
export function withStatedFacts(source: MetricSource, stated: StatedFacts): MetricSource {
  const call = "withStatedFacts(source, { maxNumSequences: 256 })";
  checkArgument(call, { source }, SOURCE);
  checkOptions<StatedFacts>(call, stated, CHECKS);
  const told: MetricSource = {
    span: () => source.span(),
    describe: () => source.describe(),
    facts: async () =>
      (await source.facts()).map((facts) => isServer(facts) ? { ...stated, ...facts } : facts),
    select: (selector, span) => source.select(selector, span),
    evaluate: (query, grid) => source.evaluate(query, grid),
    requests: (span) => source.requests(span),
    events: (span) => source.events(span),
  };
  const whole = wholeSource(source);
  if (whole !== source) setWholeSource(told, withStatedFacts(whole, stated));
  return told;
}
