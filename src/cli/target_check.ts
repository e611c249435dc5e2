/**
 * Is there something to watch? Asked once before a command begins, so that a wrong address costs one line, not a run.
 *
 * @module
 */
import { realClock } from "../collector/clock.ts";
import { ScrapeSampler } from "../collector/scrape_sampler.ts";
import { resolveTargets, type TargetOptions } from "../collector/targets.ts";
import { escapeTerminal } from "../base/escape.ts";
import { VllmWorkloadSimulator } from "../simulator/workload/simulator.ts";
import { SampleError } from "../series/types.ts";
import { causeSentence } from "../text/causes.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import type { Cause } from "../base/cause.ts";
import { CliError, note } from "./terminal.ts";

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
    // The sampler keeps its own limit, and says that it was one.
    await sampler.sample(clock.nowSeconds(), new AbortController().signal);
  } catch (error) {
    if (!(error instanceof SampleError)) throw error;
    const cause = escapeTerminal(causeSentence(error.reason, language));
    const words = cliText(language);
    const hint = isElsewhere(error.reason) && options.metricsUrl === undefined ? words.metricsElsewhere : "";
    throw new CliError(words.cannotWatch(escapeTerminal(target!.address), cause) + hint);
  }
}

/** Something answers there, and it is not a server's metrics. */
function isElsewhere({ code, params }: Cause): boolean {
  return code === "not_metrics" || (code === "http_status" && Number(params?.status) === 404);
}

/**
 * Targets without those that were given twice, however they were spelled: what is the same is where their metrics are and
 * what is sent there. Each that is left out is told.
 */
export function distinctTargets(targets: readonly TargetOptions[], language: Language): TargetOptions[] {
  const seen = new Set<string>();
  return resolveTargets(targets).flatMap(({ metricsUrl, headers, address }, i) => {
    const same = JSON.stringify([metricsUrl, Object.entries(headers).sort()]);
    if (seen.has(same)) {
      note(cliText(language).givenTwice(escapeTerminal(address)));
      return [];
    }
    seen.add(same);
    return [targets[i]!];
  });
}

/**
 * Asks the API for its models: a wrong key or address is told before a run, not in the middle of it.
 *
 * @throws CliError (exit 2) with one line
 */
export async function checkApi(url: string, language: Language): Promise<void> {
  using workload = new VllmWorkloadSimulator({ apiBase: url, ...keyHeaders() });
  const found = await workload.checkAvailability({ timeoutSeconds: FIRST_READ_SECONDS });
  if (found.available) return;
  throw new CliError(loadFailure(new URL(url).host, found.cause, language));
}

/** An address without what lets somebody in: no user, password or parameters. */
export function shownAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/$/, "");
}

/** Why a server cannot be loaded, as one line. */
export function loadFailure(address: string, cause: Cause, language: Language): string {
  return cliText(language).cannotLoad(
    escapeTerminal(address),
    escapeTerminal(causeSentence(cause, language)),
  );
}

/** The key for the API, from the environment only: it never stands in a command line, a file or an output. */
export function keyHeaders(): { readonly headers?: Readonly<Record<string, string>> } {
  const key = Deno.env.get("LAB_API_KEY") ?? "";
  return key === "" ? {} : { headers: { authorization: `Bearer ${key}` } };
}
