/**
 * `monitor`'s limits and objectives: how they are asked for, told, called out and turned into an exit code.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { limitsOf, watchedObjective } from "../analyzer/error_budget.ts";
import { type LimitEvent, LimitWatch, type Watched, watchedLimit } from "../analyzer/limit_watch.ts";
import { type Limit, parseLimit } from "../analyzer/limits.ts";
import { summarizeObjectives } from "../analyzer/objective_summaries.ts";
import type { Objective } from "../analyzer/objectives.ts";
import type { Clock } from "../base/clock.ts";
import { escapeTerminal } from "../base/escape.ts";
import { formatCount, formatInstant, formatNumber, formatSeconds, formatValue } from "../base/format.ts";
import { Webhook } from "../live/webhook.ts";
import type { MetricSource } from "../series/types.ts";
import { objectiveLines } from "../report/cost_blocks.ts";
import { parseObjectives } from "../simulator/workload/goodput.ts";
import { alarmText } from "../text/alarms.ts";
import { causeSentence } from "../text/causes.ts";
import type { Language } from "../text/language.ts";

/** An objective with the text that asked for it. */
export interface WrittenObjective {
  readonly text: string;
  readonly objective: Objective & { readonly share: number };
}

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
    "repeatable, exit code 1 when beyond: 'ttft_p95>500ms', 'waiting>=10 over 1m for 30s', 'preemptions_rate>0', 'unreachable>10s'",
    (value: string, earlier: readonly Limit[]) => [...earlier, reading(() => parseLimit(value))],
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
    "repeatable: 'ttft=500ms@99%' wants 99 % of requests within it (the default share)",
    (value: string, earlier: readonly WrittenObjective[]) => [
      ...earlier,
      reading(() => parseObjective(value)),
    ],
    [],
  );
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidArgumentError(`${error.message}.`);
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

/** Limits, objectives and the webhook of one watch. */
export class Alarms {
  readonly #watch: LimitWatch;
  readonly #options: AlarmOptions;
  readonly #context: AlarmContext;
  readonly #webhook: Webhook | undefined;
  readonly #format = new Map<string, (value: number) => string>();

  /** @throws TypeError for a webhook address that is none */
  constructor(options: AlarmOptions, context: AlarmContext) {
    this.#options = options;
    this.#context = context;
    const limits = options.failOn.map(watchedLimit);
    for (const limit of options.failOn) this.#format.set(limit.text, (value) => limitValue(limit, value));
    this.#watch = new LimitWatch([...limits, ...this.#objectives()]);
    this.#webhook = options.webhook === undefined ? undefined : this.#openWebhook(options.webhook);
  }

  /** Each limit of an objective by itself: a server's histograms cannot tell which request met two. */
  #objectives(): Watched[] {
    return this.#options.objective.flatMap(({ text, objective }) =>
      limitsOf(objective).map((limit) => {
        const name = `${text} (${limit.quantity})`;
        this.#format.set(name, (value) => alarmText(this.#context.language).burn(formatNumber(value)));
        return watchedObjective(limit, { text: name, share: objective.share });
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
      onRecovered: (failed) => say(words.webhookWorks(webhook.shown, String(failed))),
    });
    return webhook;
  }

  /** Looks once; says what began and ended and calls the webhook, without waiting for it. */
  async look(source: MetricSource): Promise<void> {
    const nowSeconds = this.#context.clock.nowSeconds();
    for (const event of await this.#watch.look(source, nowSeconds)) this.#tell(event);
  }

  /** Ends the watch: open alarms are told as ended, the webhook gets some seconds for what still waits. */
  async close(): Promise<void> {
    const { clock, language, say } = this.#context;
    for (const event of this.#watch.close(clock.nowSeconds())) this.#tell(event);
    await this.#webhook?.close(LAST_CALLS_SECONDS);
    const lost = this.#webhook?.totals.lost ?? 0;
    if (this.#webhook !== undefined && lost > 0) {
      say(alarmText(language).webhookLost(this.#webhook.shown, String(lost)));
    }
  }

  /** What became of each, in the order asked for, and whether everything held. */
  async result(source: MetricSource): Promise<{ readonly lines: readonly string[]; readonly held: boolean }> {
    const { language } = this.#context;
    const words = alarmText(language);
    let held = true;
    const lines = this.#watch.outcomes.map(({ text, judged, episodes, absent }) => {
      const name = escapeTerminal(text);
      if (episodes.length > 0) {
        held = false;
        const format = this.#format.get(text) ?? formatNumber;
        const worst = episodes.reduce((a, b) => isWorse(this.#sideOf(text), b.worst, a.worst) ? b : a).worst;
        return words.broken(name, String(episodes.length), format(worst));
      }
      if (judged > 0) return words.held(name);
      // A gate that passes because nothing was there to judge would be none.
      held = false;
      return words.neverJudged(name, escapeTerminal(causeSentence(absent ?? { code: "no_data" }, language)));
    });
    const span = await source.span();
    const budgets = span === undefined
      ? []
      : await summarizeObjectives(source, this.#options.objective, span);
    const missed = budgets.some(({ budget }) => "verdict" in budget && budget.verdict === "missed");
    return {
      lines: [
        // An objective is watched by several burn rules, which may all say the same.
        ...new Set(lines),
        ...budgets.flatMap((summary) => objectiveLines(summary, language)).map(escapeTerminal),
      ],
      held: held && !missed,
    };
  }

  #sideOf(text: string): "above" | "below" {
    return this.#options.failOn.find((limit) => limit.text === text)?.side ?? "above";
  }

  #tell(event: LimitEvent): void {
    const { language, say } = this.#context;
    const sentence = this.#sentence(event);
    say(escapeTerminal(sentence));
    const { episode } = event;
    this.#webhook?.tell({
      version: 1,
      kind: event.kind,
      text: sentence,
      language,
      limit: episode.text,
      target: episode.target,
      labels: episode.labels,
      value: episode.value,
      worst: episode.worst,
      startedAt: formatInstant(episode.startSeconds),
      ...(event.kind === "end" ? { endedAt: formatInstant(episode.endSeconds ?? event.timeSeconds) } : {}),
      ...(event.stillBeyond === undefined ? {} : { stillBeyond: true }),
    });
  }

  #sentence({ kind, timeSeconds, episode, stillBeyond }: LimitEvent): string {
    const words = alarmText(this.#context.language);
    const format = this.#format.get(episode.text) ?? formatNumber;
    if (kind === "begin") return words.begins(episode.text, format(episode.value), episode.target);
    const duration = formatSeconds((episode.endSeconds ?? timeSeconds) - episode.startSeconds);
    const tell = stillBeyond === undefined ? words.ends : words.goesOn;
    return tell(episode.text, duration, format(episode.worst), episode.target);
  }
}

/** For what still waits when the watch ends. */
const LAST_CALLS_SECONDS = 10;

function isWorse(side: "above" | "below", value: number, than: number): boolean {
  return side === "above" ? value > than : value < than;
}

function limitValue(limit: Limit, value: number): string {
  return limit.statistic === "rate" ? `${formatCount(value)}/s` : formatValue(value, limit.unit);
}
