/**
 * `monitor`'s limits and objectives: how they are asked for, told, called out and turned into an exit code.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { limitsOf, watchedObjective } from "../analyzer/error_budget.ts";
import {
  type LimitEpisode,
  type LimitEvent,
  type LimitOutcome,
  LimitWatch,
  type Watched,
  watchedLimit,
} from "../analyzer/limit_watch.ts";
import { type Limit, type LimitBounds, parseLimit } from "../analyzer/limits.ts";
import { summarizeObjectives } from "../analyzer/objective_summaries.ts";
import { isKept, type Objective, objectiveVerdict } from "../analyzer/objectives.ts";
import type { ObjectiveSummary } from "../analyzer/performance_report.ts";
import type { Clock } from "../base/clock.ts";
import { escapeTerminal } from "../base/escape.ts";
import { formatInstant, formatNumber, formatPerSecond, formatSeconds, formatValue } from "../base/format.ts";
import { Webhook } from "../live/webhook.ts";
import { isServer } from "../series/facts.ts";
import type { MetricSource } from "../series/types.ts";
import { objectiveLines } from "../report/cost_blocks.ts";
import { parseObjectives } from "../simulator/workload/goodput.ts";
import { alarmText } from "../text/alarms.ts";
import { causeSentence } from "../text/causes.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";

/** An objective with the text that asked for it. */
export interface WrittenObjective {
  readonly text: string;
  readonly objective: Objective & { readonly share: number };
}

/** A limit, or the wish to see what limits there are. */
export type WantedLimit = Limit | "list";

/** Options of a command that watches. */
export interface AlarmOptions {
  readonly failOn: readonly Limit[];
  readonly objective: readonly WrittenObjective[];
  readonly webhook?: string;
}

/** Declares them. */
export function withAlarmOptions(command: Command): Command {
  return withObjectiveOption(command.option(
    "--fail-on <limit>",
    "repeatable, exit code 1 when beyond: 'ttft_p95>500ms', 'waiting>=10 over 1m for 30s', 'preemptions_rate>0', " +
      "'unreachable>10s'; `list` prints what there is",
    (value: string, earlier: readonly WantedLimit[]): readonly WantedLimit[] => [
      ...earlier,
      value === "list" ? value : reading(() => parseLimit(value), "; --fail-on list tells what there is"),
    ],
    [],
  )).option(
    "--webhook <address>",
    "gets a JSON POST when an alarm begins and ends; LAB_WEBHOOK keeps it off the command line",
  );
}

/** The one that reports share with watches. */
export function withObjectiveOption(command: Command): Command {
  return command.option(
    "--objective <limits>",
    "repeatable: 'ttft=500ms@99%' wants 99 % of requests within it (the default share); of ttft, tpot, e2e, and itl: " +
      "a request's mean gap between tokens",
    (value: string, earlier: readonly WrittenObjective[]) => [
      ...earlier,
      reading(() => parseObjective(value)),
    ],
    [],
  );
}

function reading<T>(read: () => T, hint = ""): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidArgumentError(`${error.message}${hint}.`);
    throw error;
  }
}

/**
 * Reads `ttft=500ms,itl=50ms@99.9%`.
 *
 * @throws SyntaxError for limits that are none, or a share that is not between 0 and 100 %
 */
export function parseObjective(text: string): WrittenObjective {
  const [limits = "", share = "99%", ...rest] = text.trim().split("@");
  const [, number] = /^(\d+(?:\.\d+)?)%$/.exec(share.trim()) ?? [];
  const percent = Number(number);
  if (rest.length > 0 || !(percent > 0 && percent < 100)) {
    throw new SyntaxError(
      `Cannot read the share of ${JSON.stringify(text)}: wanted one below 100 %, as in ttft=500ms@99%`,
    );
  }
  // Shortest decimal that is meant: 99.9 / 100 has a tail in binary.
  return {
    text: text.trim(),
    objective: { ...parseObjectives(limits), share: Number((percent / 100).toPrecision(12)) },
  };
}

/** What a watch with alarms needs. */
export interface AlarmContext {
  readonly clock: Clock;
  readonly language: Language;
  /** One line for people, already safe for a terminal. */
  readonly say: (line: string) => void;
  readonly fetch?: typeof fetch;
}

/** From more looks without any value on it is told of a limit that held at the others. */
const SILENT_SHARE = 0.1;

/** Limits, objectives and the webhook of one watch. */
export class Alarms {
  readonly #watch: LimitWatch;
  readonly #options: AlarmOptions;
  readonly #context: AlarmContext;
  readonly #webhook: Webhook | undefined;
  readonly #format = new Map<string, Format>();
  /** Limits of which it has been said that they cannot be told. */
  readonly #unsure = new Set<string>();
  /** Names of those that are watched, as of the newest event. */
  #servers: readonly string[] = [];

  /** @throws TypeError for a webhook address that is none */
  constructor(options: AlarmOptions, context: AlarmContext) {
    this.#options = options;
    this.#context = context;
    const limits = options.failOn.map(watchedLimit);
    for (const limit of options.failOn) {
      this.#format.set(limit.text, (value, bounds) => limitValue(limit, { value, bounds }, context.language));
    }
    this.#watch = new LimitWatch([...limits, ...this.#objectives()]);
    this.#webhook = options.webhook === undefined ? undefined : this.#openWebhook(options.webhook);
  }

  /** Each limit of an objective by itself: a server's histograms cannot tell which request met two. */
  #objectives(): Watched[] {
    return this.#options.objective.flatMap(({ text, objective }) =>
      limitsOf(objective).map((limit) => {
        const name = `${text} (${limit.quantity})`;
        this.#format.set(name, (value) => alarmText(this.#context.language).burn(formatNumber(value)));
        const { quantity, seconds } = limit;
        return watchedObjective({ quantity, seconds }, { text: name, share: objective.share });
      })
    );
  }

  #openWebhook(url: string): Webhook {
    const { clock, language, say } = this.#context;
    const words = alarmText(language);
    const webhook: Webhook = new Webhook(url, {
      clock,
      ...(this.#context.fetch === undefined ? {} : { fetch: this.#context.fetch }),
      onFailing: (cause) =>
        say(words.webhookFails(webhook.shown, escapeTerminal(causeSentence(cause, language)))),
      onRecovered: (failed) => say(words.webhookWorks(webhook.shown, failed)),
    });
    return webhook;
  }

  /** Looks once; says what began and ended and calls the webhook, without waiting for it. */
  async look(source: MetricSource): Promise<void> {
    const nowSeconds = this.#context.clock.nowSeconds();
    const events = await this.#watch.look(source, nowSeconds);
    if (events.length > 0) this.#servers = await serversOf(source);
    for (const event of events) this.#tell(event);
    this.#sayUnsure();
  }

  /** Once a limit: silence would read as if it held. */
  #sayUnsure(): void {
    for (const { text, unsureBounds } of this.#watch.outcomes) {
      if (unsureBounds === undefined || this.#unsure.has(text)) continue;
      this.#unsure.add(text);
      const { cannotTell } = alarmText(this.#context.language);
      this.#context.say(escapeTerminal(cannotTell(text, ...this.#boundsText(text, unsureBounds))));
    }
  }

  /** What is sure, and the limits that could be judged. */
  #boundsText(text: string, bounds: LimitBounds): [string, readonly string[]] {
    const format = this.#formatOf(text);
    const borders = bounds.borders.filter((border) => border > 0 && Number.isFinite(border));
    return [format(bounds.lower, bounds), borders.map((border) => format(border).replace(" ", ""))];
  }

  #formatOf(text: string): Format {
    return this.#format.get(text) ?? formatNumber;
  }

  /** Ends the watch: open alarms are told as ended, the webhook gets some seconds for what still waits. */
  async close(): Promise<void> {
    const { clock, language, say } = this.#context;
    for (const event of this.#watch.close(clock.nowSeconds())) this.#tell(event);
    await this.#webhook?.close(LAST_CALLS_SECONDS);
    const lost = this.#webhook?.totals.lost ?? 0;
    if (this.#webhook !== undefined && lost > 0) {
      say(alarmText(language).webhookLost(this.#webhook.shown, lost));
    }
  }

  /** What became of each, in the order asked for, and whether everything held. */
  async result(source: MetricSource): Promise<{ readonly lines: readonly string[]; readonly held: boolean }> {
    const outcomes = new Map(this.#watch.outcomes.map((outcome) => [outcome.text, outcome]));
    const limits = new Set(this.#options.failOn.map(({ text }) => text));
    const told = [...limits].map((text) => this.#limitResult(outcomes.get(text)!));
    const span = await source.span();
    const summaries = span === undefined
      ? []
      : await summarizeObjectives(source, this.#options.objective, span);
    told.push(...summaries.map((summary) => this.#objectiveResult(summary, outcomes.get(summary.text))));
    return { lines: told.flatMap(({ lines }) => lines), held: told.every(({ held }) => held) };
  }

  #limitResult({ text, judged, unsure, unsureBounds, episodes, absent, silent = 0 }: LimitOutcome): Result {
    const { language } = this.#context;
    const words = alarmText(language);
    const name = escapeTerminal(text);
    if (episodes.length > 0) {
      const { list } = punctuation(language);
      const where = [...new Set(episodes.map(({ target }) => target))].filter((target) => target !== "");
      const line = words.broken(name, episodes.length, this.#worstOf(text, episodes), where.join(list));
      return { held: false, lines: [escapeTerminal(line)] };
    }
    const sure = unsureBounds === undefined ? undefined : this.#boundsText(text, unsureBounds);
    const cause = escapeTerminal(causeSentence(absent ?? { code: "no_data" }, language));
    if (judged > 0) {
      const doubt = sure === undefined ? "" : words.unsure(unsure, sure[0]);
      const looks = judged + unsure + silent;
      const gaps = silent > SILENT_SHARE * looks ? words.silent(silent, looks, cause) : "";
      return { held: true, lines: [words.held(name) + doubt + gaps] };
    }
    if (sure !== undefined) return { held: false, lines: [words.neverSure(name, ...sure)] };
    // A gate that passes because nothing was there to judge would be none.
    return { held: false, lines: [words.neverJudged(name, cause)] };
  }

  /** Its share over the whole watch; an alarm that stood meanwhile has missed it too. */
  #objectiveResult(summary: ObjectiveSummary, watched: LimitOutcome | undefined): Result {
    const { language } = this.#context;
    const words = alarmText(language);
    const { text, budget } = summary;
    const episodes = watched?.episodes ?? [];
    const held = !("absent" in budget) && isKept(objectiveVerdict(budget)) && episodes.length === 0;
    const [line = "", ...alerts] = objectiveLines(summary, language);
    // Stretches are told by the budget where the whole watch shows them; what was called out meanwhile must be told too.
    const alarmed = episodes.length > 0 && alerts.length === 0
      ? [words.alarmed(episodes.length, this.#worstOf(text, episodes))]
      : [];
    const details = [...alerts, ...alarmed].map((detail) => `  ${escapeTerminal(detail)}`);
    return { held, lines: [escapeTerminal(words.kept(held, line)), ...details] };
  }

  #worstOf(text: string, episodes: readonly LimitEpisode[]): string {
    const { worst, worstBounds } = episodes.reduce((a, b) =>
      isWorse(this.#sideOf(text), b.worst, a.worst) ? b : a
    );
    return this.#formatOf(text)(worst, worstBounds);
  }

  #sideOf(text: string): "above" | "below" {
    return this.#options.failOn.find((limit) => limit.text === text)?.side ?? "above";
  }

  #tell(event: LimitEvent): void {
    const { language, say } = this.#context;
    const { episode } = event;
    const [sole, ...others] = this.#servers;
    const all = others.length === 0 ? "" : alarmText(language).together(this.#servers.length);
    say(escapeTerminal(this.#sentence(event, episode.target || all)));
    // Who gets calls from several watches cannot know which server the sole one of this watch is.
    const target = episode.target || (all === "" ? sole ?? "" : "");
    this.#webhook?.tell({
      version: 1,
      kind: event.kind,
      text: this.#sentence(event, target || all),
      language,
      limit: episode.text,
      target,
      labels: episode.labels,
      value: episode.value,
      worst: episode.worst,
      ...(episode.bounds === undefined ? {} : { valueBetween: betweenOf(episode.bounds) }),
      ...(episode.worstBounds === undefined ? {} : { worstBetween: betweenOf(episode.worstBounds) }),
      startedAt: formatInstant(episode.startSeconds),
      ...(event.kind === "end" ? { endedAt: formatInstant(episode.endSeconds ?? event.timeSeconds) } : {}),
      ...(event.stillBeyond === undefined ? {} : { stillBeyond: true }),
    });
  }

  #sentence({ kind, timeSeconds, episode, stillBeyond }: LimitEvent, where: string): string {
    const words = alarmText(this.#context.language);
    const format = this.#formatOf(episode.text);
    if (kind === "begin") return words.begins(episode.text, format(episode.value, episode.bounds), where);
    const duration = formatSeconds((episode.endSeconds ?? timeSeconds) - episode.startSeconds);
    const tell = stillBeyond === undefined ? words.ends : words.goesOn;
    return tell(episode.text, duration, format(episode.worst, episode.worstBounds), where);
  }
}

/** What became of a limit or an objective. */
interface Result {
  readonly lines: readonly string[];
  readonly held: boolean;
}

/** For what still waits when the watch ends. */
const LAST_CALLS_SECONDS = 10;

async function serversOf(source: MetricSource): Promise<readonly string[]> {
  return (await source.facts()).filter(isServer).map(({ target, address }) => target || address || "");
}

function isWorse(side: "above" | "below", value: number, than: number): boolean {
  return side === "above" ? value > than : value < than;
}

/** A value in words, or what is sure of it. */
type Format = (value: number, bounds?: LimitBounds) => string;

/** An estimate that is this near to both its bounds, as a share, is told as it is. */
const NEAR = 0.02;

function limitValue(
  limit: Limit,
  { value, bounds }: { readonly value: number; readonly bounds: LimitBounds | undefined },
  language: Language,
): string {
  const text = (one: number) =>
    limit.statistic === "rate" ? formatPerSecond(one) : formatValue(one, limit.unit);
  if (bounds === undefined || bounds.upper - bounds.lower <= NEAR * bounds.upper) return text(value);
  const words = alarmText(language);
  if (bounds.upper === Infinity) return words.atLeast(text(bounds.lower));
  return bounds.lower > 0
    ? words.between(text(bounds.lower), text(bounds.upper))
    : words.atMost(text(bounds.upper));
}

/** For JSON, which has no infinity. */
function betweenOf({ lower, upper }: LimitBounds): readonly [number, number | null] {
  return [lower, Number.isFinite(upper) ? upper : null];
}
