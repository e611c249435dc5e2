/**
 * What `deno task fit --what-if` asks and says.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import {
  type Foretold,
  type ForetoldFigures,
  HIGHEST_RATE,
  LOWEST_RATE,
  type ModelFigures,
} from "../analyzer/foretold.ts";
import {
  formatNumber,
  formatRate,
  formatRatio,
  formatSeconds,
  formatWhole,
  NOT_AVAILABLE,
} from "../base/format.ts";
import { renderTable } from "../report/table.ts";
import type { SourceFit } from "../simulator/server/fit_source.ts";
import type { EngineLimits } from "../simulator/engine/types.ts";
import type { Language } from "../text/language.ts";
import { type WhatIfText, whatIfText } from "../text/what_if.ts";

/** Settings by the names of vLLM's options. */
const SETTINGS = {
  "max-num-seqs": "maxNumSequences",
  "max-num-batched-tokens": "maxBatchedTokens",
  "num-gpu-blocks-override": "blockCount",
} as const satisfies Readonly<Record<string, keyof EngineLimits>>;

/** `docs/analyzer.md`: on simulated servers TTFT is hardly ever further off. */
const FAR_TTFT = 1.5;

/** Settings as they were written, and what the model calls them. */
export interface WhatIfSettings {
  readonly written: string;
  readonly limits: Partial<EngineLimits>;
}

/** For option values: `max-num-seqs=256,max-num-batched-tokens=8192`. */
export function whatIfSettings(value: string): WhatIfSettings {
  const limits: { -readonly [Key in (typeof SETTINGS)[keyof typeof SETTINGS]]?: number } = {};
  for (const part of value.split(",")) {
    const [, name = "", number = ""] = /^\s*(?:--)?([\w-]+)\s*=\s*(\d+)\s*$/.exec(part) ?? [];
    const key = Object.hasOwn(SETTINGS, name) ? SETTINGS[name as keyof typeof SETTINGS] : undefined;
    if (key === undefined || !(Number(number) >= 1) || !Number.isSafeInteger(Number(number))) {
      throw new InvalidArgumentError(
        `wanted settings such as max-num-seqs=256; known are ${Object.keys(SETTINGS).join(", ")}.`,
      );
    }
    limits[key] = Number(number);
  }
  return { written: value.replaceAll(/\s|--/g, ""), limits };
}

/** For option values: requests a second that {@link foretell} takes. */
export function whatIfRate(value: string): number {
  const rate = Number(value);
  if (!(rate >= LOWEST_RATE && rate <= HIGHEST_RATE)) {
    throw new InvalidArgumentError(`wanted requests a second, ${LOWEST_RATE} to ${HIGHEST_RATE}.`);
  }
  return rate;
}

/** The names of what {@link SourceFit} may have assumed. */
function assumedSettings({ assumed, profile: { limits } }: SourceFit): string {
  const names = Object.entries(SETTINGS) as [string, (typeof SETTINGS)[keyof typeof SETTINGS]][];
  return names.flatMap(([name, key]) => assumed.includes(key) ? [`${name} ${formatWhole(limits[key])}`] : [])
    .join(", ");
}

/** A server's buckets say only between what a percentile lies. */
function boundsOf(quantile: Foretold["measured"]["itlP99"], text: WhatIfText): string {
  if (quantile === undefined) return NOT_AVAILABLE;
  const { lower, upper } = quantile;
  if (lower === upper) return formatSeconds(lower);
  return text.between(formatSeconds(lower), Number.isFinite(upper) ? formatSeconds(upper) : undefined);
}

/** The table, and how far it can be believed. */
export function whatIfLines(
  told: Foretold,
  { fit, settings, language }: {
    readonly fit: SourceFit;
    readonly settings: string;
    readonly language: Language;
  },
): readonly string[] {
  const text = whatIfText(language);
  const { load, measured, asItIs, changed, modelError, believable, ttftFactor } = told;
  const cells = (title: string, of: (figures: ForetoldFigures) => string) => [
    title,
    of(measured),
    of(asItIs),
    of(changed),
  ];
  const modelCells = (title: string, of: (figures: ModelFigures) => string, seen = "") => [
    title,
    seen,
    of(asItIs),
    of(changed),
  ];
  const { rows } = text;
  const table = renderTable([
    { title: text.figure },
    { title: text.measured, numeric: true },
    { title: text.asItIs, numeric: true },
    { title: text.changed(settings), numeric: true },
  ], [
    cells(rows.ttft, (of) => formatSeconds(of.ttftMeanSeconds)),
    modelCells(rows.ttftP99, (of) => formatSeconds(of.ttftP99Seconds), boundsOf(measured.ttftP99, text)),
    cells(rows.itl, (of) => formatSeconds(of.itlMeanSeconds)),
    modelCells(rows.itlP99, (of) => formatSeconds(of.itlP99Seconds), boundsOf(measured.itlP99, text)),
    cells(rows.tokens, (of) => formatNumber(of.outputTokensPerSecond)),
    cells(rows.running, (of) => formatNumber(of.runningMean)),
    cells(rows.waiting, (of) => formatNumber(of.waitingMean)),
    cells(rows.kv, (of) => formatRatio(of.kvUsageMaximum)),
    modelCells(rows.preemptions, (of) => formatNumber(of.preemptions)),
  ]);
  return [
    text.load({
      rate: formatRate(load.requestsPerSecond, "req/s"),
      prompt: formatWhole(load.promptTokens),
      shared: formatWhole(load.sharedTokens ?? 0),
      output: formatWhole(load.outputTokens),
    }),
    ...(told.engines > 1 ? [text.engines(formatWhole(told.engines))] : []),
    "",
    table.text,
    "",
    text.model,
    ...(fit.assumed.length === 0 ? [] : [text.assumed(assumedSettings(fit))]),
    (believable ? text.near : text.far)(formatRatio(modelError)),
    ...(changed.overloaded ? [text.overloaded] : []),
    ttftFactor > FAR_TTFT ? text.ttftFar(formatNumber(ttftFactor)) : text.restart,
  ];
}
