/**
 * Do client and server tell the same story? Counts that have to agree when nobody else used the server and all went well.
 *
 * @module
 */
import { checkArgument, type Checks, FLAG } from "../base/arguments.ts";
import { checkView } from "../charts/chart_checks.ts";
import { SOURCE } from "../series/arguments.ts";
import type { MetricSource } from "../series/types.ts";
import { countWitness, type WitnessCount } from "./witness_count.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { tablesText } from "../text/tables.ts";

/** How strictly {@link compareWitnesses} judges. */
export interface WitnessOptions {
  /** Throws when the counts differ though nothing explains it. For a server that nobody else uses. */
  readonly mustAgree?: boolean;
  /** Default English. */
  readonly language?: Language;
}

const CHECKS: Checks<WitnessOptions> = { mustAgree: FLAG, language: LANGUAGE };

/**
 * Compares server and users in one line: how many first tokens each side counted, and what may explain a difference.
 *
 * @throws Error with `mustAgree` when they differ and there was neither a restart nor a failed scrape nor a cut request
 *
 * @example
 * ```ts
 * import { compareWitnesses, openShippedData } from "#lab";
 *
 * console.log(await compareWitnesses(await openShippedData("vllm-0.32.0-cpu")));
 * // both sides counted 198 first tokens
 * ```
 */
export async function compareWitnesses(source: MetricSource, options: WitnessOptions = {}): Promise<string> {
  const call = "compareWitnesses(collector)";
  checkArgument(call, { source }, SOURCE);
  checkView<WitnessOptions>(call, options, CHECKS);
  const text = tablesText(options.language ?? "en");
  const counts = await countWitness(source);
  if (counts.client === undefined) return text.witnessNoClient;
  if (counts.server === undefined) return text.witnessNoServer;
  if (counts.client === counts.server) return text.witnessesAgree(counts.client);
  if (options.mustAgree === true && isUndisturbed(counts)) {
    throw new Error(`Cannot agree: clients saw ${counts.client} first tokens, the server ${counts.server}`);
  }
  return text.witnessesDiffer(counts.client, counts.server);
}

function isUndisturbed({ resets, failedScrapes, unfinished }: WitnessCount): boolean {
  return resets === 0 && failedScrapes === 0 && unfinished === 0;
}
