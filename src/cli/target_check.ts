/**
 * Is there something to watch? Asked once before a command begins, so that a wrong address costs one line, not a run.
 *
 * @module
 */
import { realClock } from "../collector/clock.ts";
import { ScrapeSampler } from "../collector/scrape_sampler.ts";
import { resolveTargets, type TargetOptions } from "../collector/targets.ts";
import { escapeTerminal } from "../base/escape.ts";
import { SampleError } from "../series/types.ts";
import { causeSentence } from "../text/causes.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { CliError } from "./terminal.ts";

/** How long a first answer may take. */
const FIRST_READ_SECONDS = 5;

/**
 * Reads a target's metrics once.
 *
 * @throws CliError (exit 2) with one line that names the address and the cause
 */
export async function checkTarget(options: TargetOptions, language: Language): Promise<void> {
  const [target] = resolveTargets([options]);
  const clock = realClock();
  const sampler = new ScrapeSampler({ ...target!, intervalSeconds: FIRST_READ_SECONDS, clock });
  try {
    await sampler.sample(clock.nowSeconds(), AbortSignal.timeout(FIRST_READ_SECONDS * 1000));
  } catch (error) {
    if (!(error instanceof SampleError)) throw error;
    const cause = escapeTerminal(causeSentence(error.reason, language));
    throw new CliError(cliText(language).cannotWatch(escapeTerminal(target!.address), cause));
  }
}

/** The key for the API, from the environment only: it never stands in a command line, a file or an output. */
export function keyHeaders(): { readonly headers?: Readonly<Record<string, string>> } {
  const key = Deno.env.get("LAB_API_KEY") ?? "";
  return key === "" ? {} : { headers: { authorization: `Bearer ${key}` } };
}
