/**
 * Which stretch of a source a command works on, and which series of a server.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import type { Matcher, MatchOperator } from "../series/types.ts";
import type { Stretch } from "../series/narrow.ts";
import { realClock } from "../collector/clock.ts";
import { countingNumber, httpAddress } from "./options.ts";

/** Which server, and how it is asked. */
export interface ServerOptions {
  readonly prometheus?: string;
  readonly match?: readonly Matcher[];
  /** Seconds. */
  readonly timeout?: number;
  readonly allowPartial?: boolean;
}

/** Options of every command that reads a source. */
export interface SourceOptions extends ServerOptions {
  readonly from?: number;
  readonly to?: number;
  readonly last?: number;
  readonly maxNumSeqs?: number;
}

/** Declares those that name a server and say how it is asked. */
export function withServerOptions(command: Command): Command {
  return command
    .option("--prometheus <address>", "a Prometheus or VictoriaMetrics server instead", httpAddress)
    .option("--match <condition>", `with --prometheus, repeatable: 'job=~"vllm|dcgm"'`, collectMatchers)
    .option("--timeout <duration>", "with --prometheus: how long one answer may take; default 30s", duration)
    .option(
      "--allow-partial",
      "with --prometheus: take answers that it calls partial (a store of a cluster is away)",
    );
}

/** Declares them. */
export function withSourceOptions(command: Command): Command {
  return withServerOptions(command.argument("[recording]", "a recording file, or a run's folder"))
    .option(
      "--from <time>",
      "only from then on: 2026-11-25T14:00 (your zone), …Z, now-30m, or Unix seconds",
      time,
    )
    .option("--to <time>", "only up to then", time)
    .option("--last <duration>", "only the last 90s, 30m, 2h or 1d", duration)
    .option("--max-num-seqs <number>", MAX_NUM_SEQS, countingNumber);
}

/** What `--max-num-seqs` is for, wherever it is an option. */
export const MAX_NUM_SEQS = "the servers' --max-num-seqs, which no metric tells: for what limits them";

/** The stretch that was asked for; undefined: all of it. */
export function wantedStretch({ from, to, last }: SourceOptions): Stretch | undefined {
  if (from === undefined && to === undefined && last === undefined) return undefined;
  return {
    ...(from === undefined ? {} : { fromSeconds: from }),
    ...(to === undefined ? {} : { toSeconds: to }),
    ...(last === undefined ? {} : { lastSeconds: last }),
  };
}

const SECONDS_PER: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** For option values: `90s`, `30m`, `2h`, `1d`, or combined, `1h30m`. */
export function duration(value: string): number {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS_PER[unit!]!, 0);
  if (parts.map(([part]) => part).join("") !== value || !(seconds > 0)) {
    throw new InvalidArgumentError("wanted a duration such as 90s, 30m, 2h or 1d.");
  }
  return seconds;
}

/**
 * For option values: an ISO time (in the reader's zone where it names none, a day from its midnight there), Unix seconds, or `now` and
 * a duration before it, `now-30m`.
 */
export function time(value: string): number {
  if (/^\d+(\.\d+)?$/.test(value) && Number(value) > 9999) return Number(value);
  const [, back] = /^now(?:-(.+))?$/.exec(value) ?? [];
  if (value === "now" || back !== undefined) {
    return realClock().nowSeconds() - (back === undefined ? 0 : duration(back));
  }
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(value) ?? [];
  // A day alone would be read as one of UTC, and the 30th of February as the 2nd of March.
  const isDay = day !== undefined && Number(day) <= daysIn(Number(year), Number(month));
  const milliseconds = isDay ? Date.parse(/^[\d-]+$/.test(value) ? `${value}T00:00` : value) : NaN;
  if (Number.isNaN(milliseconds)) {
    throw new InvalidArgumentError("wanted a time such as 2026-11-25T14:00, now-30m or Unix seconds.");
  }
  return milliseconds / 1000;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** For repeatable options: one condition as PromQL writes it, `label="value"`; the quotes may be left out. */
export function collectMatchers(value: string, earlier: readonly Matcher[] = []): Matcher[] {
  const [, label, operator, quoted, bare] =
    /^\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*?))\s*$/s.exec(value) ?? [];
  if (label === undefined || !isOperator(operator)) {
    throw new InvalidArgumentError(`wanted a condition such as 'job="vllm"' or 'job=~"vllm|dcgm"'.`);
  }
  return [...earlier, { label, operator, value: bare ?? unescape(quoted!) }];
}

function isOperator(text: string | undefined): text is MatchOperator {
  return text === "=" || text === "!=" || text === "=~" || text === "!~";
}

/** What a string literal of PromQL's double quotes stands for, as far as it is used for labels. */
function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_all, letter: string) => letter === "n" ? "\n" : letter);
}
