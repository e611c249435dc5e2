/**
 * What a report is about, and how it was judged: the servers, their machines, what could not be looked at.
 *
 * @module
 */
import { cacheTokens } from "./cache_tokens.ts";
import type { Finding } from "../analyzer/findings.ts";
import type { PerformanceReport } from "../analyzer/performance_report.ts";
import { gpusOf } from "../analyzer/run_figures.ts";
import type { Cause } from "../base/cause.ts";
import { formatInstant, formatRatio, formatSeconds } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { TargetFacts } from "../series/types.ts";
import { analyzerText } from "../text/analyzer.ts";
import { causeSentence } from "../text/causes.ts";
import { factText } from "../text/facts.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { quantityTitle } from "../text/quantities.ts";
import { reportText } from "../text/report.ts";
import type { Block } from "./document.ts";
import { hasSeveralServers, isServer } from "../series/facts.ts";
import { withoutEmptyColumns } from "./table_block.ts";

/** When, of what, and how much of it: one line each. */
export function aboutBlocks(report: PerformanceReport, language: Language): Block[] {
  const words = reportText(language);
  const { span } = report;
  if (span === undefined) return [{ kind: "paragraph", text: words.empty }];
  const duration = formatSeconds(span.endSeconds - span.startSeconds);
  const line = words.span(formatInstant(span.startSeconds), formatInstant(span.endSeconds), duration);
  const subject = [
    ...serverNames(report.facts),
    gpuName(report, language),
    ...requestCounts(report, language),
  ]
    .filter((part) => part !== "").join(" · ");
  return [
    { kind: "paragraph", text: line },
    ...(subject === "" ? [] : [{ kind: "paragraph", text: subject } as const]),
    ...(report.simulated ? [{ kind: "paragraph", text: words.simulated } as const] : []),
    ...faultLines(report, language).map((text) => ({ kind: "paragraph", text, strong: true } as const)),
  ];
}

/** What makes all figures below other than they seem. */
function faultLines({ cutSeconds, lostPace }: PerformanceReport, language: Language): string[] {
  const words = reportText(language);
  return [
    ...(cutSeconds === undefined ? [] : [words.cut(formatInstant(cutSeconds))]),
    ...(lostPace === undefined
      ? []
      : [words.lostPace(Math.round(lostPace.times), formatSeconds(lostPace.worstSeconds))]),
  ];
}

/** `vllm 0.32.0 tiny-llama`, `3 × vllm 0.32.0 tiny-llama`; of a server that told nothing its address. */
function serverNames(facts: readonly TargetFacts[]): string[] {
  const names = facts.filter(isServer).map(({ target, address, kind, version, models = [] }) => {
    const known = [kind, version, models.join(", ")].filter((part) => part !== undefined && part !== "");
    return known.length === 0 ? address ?? target : known.join(" ");
  });
  return [...Map.groupBy(names, (name) => name)].map(([name, { length }]) =>
    length === 1 ? name : `${length} × ${name}`
  );
}

function gpuName({ facts, absent }: PerformanceReport, language: Language): string {
  const names = gpusOf(facts);
  if (names !== undefined) return names;
  const cause = absent.find(({ quantity }) => quantity === "gpu_utilization")?.cause;
  return cause === undefined ? "" : causeSentence(cause, language);
}

function requestCounts({ latencies, client }: PerformanceReport, language: Language): string[] {
  const words = reportText(language);
  const finished = latencies.find(({ quantity }) => quantity === "e2e")?.count;
  return [
    ...(client === undefined ? [] : [words.sent(String(client.requests))]),
    ...(finished === undefined ? [] : [words.finished(String(Math.round(finished)))]),
  ];
}

/** Windows, scrapes, what the model learnt; then what was not judged and what is not there. */
export function methodBlocks(report: PerformanceReport, language: Language): Block[] {
  if (report.span === undefined) return [];
  const words = reportText(language);
  const { diagnosis, scrapes } = report;
  const items = [
    // A window of one reading is no window.
    ...(diagnosis.windows === 0 || diagnosis.windowSeconds < LEAST_WINDOW_SECONDS
      ? []
      : [windowsLine(report, language)]),
    words.scrapes(String(scrapes.failed), String(scrapes.restarts)),
    ...stepModelLines(report, language),
    ...(needsLetters(diagnosis.findings) ? [words.formulas] : []),
  ];
  const { titles } = analyzerText(language);
  const blind = [...new Set(diagnosis.blind.map((rule) => titles[rule.code]))];
  const missing = absenceLines(
    report.absent.map(({ quantity, cause }) => ({
      what: quantityTitle(quantity, language),
      quantity,
      cause,
    })),
    language,
  );
  return [
    { kind: "heading", level: 2, text: words.method },
    { kind: "list", items },
    ...(blind.length === 0 ? [] : [{ kind: "list", lead: words.blind, items: blind } as const]),
    ...(missing.length === 0 ? [] : [{ kind: "list", lead: words.absent, items: missing } as const]),
  ];
}

const LEAST_WINDOW_SECONDS = 0.5;

/** Windows that overlap say so: their widths do not add up to the time that was judged. */
function windowsLine({ diagnosis, facts }: PerformanceReport, language: Language): string {
  const { windows, windowSeconds, stepSeconds } = diagnosis;
  const servers = facts.filter(isServer).length;
  return reportText(language).windows(String(windows), {
    width: formatSeconds(windowSeconds),
    ...(windows > Math.max(1, servers) && stepSeconds < windowSeconds
      ? { step: formatSeconds(stepSeconds) }
      : {}),
    ...(servers > 1 ? { servers: String(servers) } : {}),
  });
}

/** Whether a formula on the page has letters that stand for something. */
function needsLetters(findings: readonly Finding[]): boolean {
  return findings.some(({ evidence }) => evidence.some(({ formula }) => /\bw\b|\bc0\b/.test(formula)));
}

function stepModelLines({ diagnosis, facts }: PerformanceReport, language: Language): string[] {
  const words = reportText(language);
  const several = hasSeveralServers(facts);
  return diagnosis.stepModels.map(({ target, engine, model }) => {
    const place = [
      ...(several ? [target] : []),
      ...(engine === undefined ? [] : [words.engine(engine)]),
    ];
    return words.stepModel({
      engine: place.length === 0 ? "" : punctuation(language).bracket(place.join(" · ")),
      step: formatSeconds(model.perStepSeconds),
      decode: formatSeconds(model.perDecodeSeconds),
      prompt: formatSeconds(model.perPromptSeconds),
      error: formatRatio(model.residual),
    });
  });
}

/** Something that is not there. */
export interface NamedAbsence {
  /** Its title. */
  readonly what: string;
  /** What `cause` need not name again. */
  readonly quantity?: QuantityName;
  readonly cause: Cause;
}

/** One line a cause, with all that it is the cause of. */
export function absenceLines(absent: readonly NamedAbsence[], language: Language): string[] {
  const { missing } = reportText(language);
  const sentence = ({ quantity, cause }: NamedAbsence) => {
    const { quantity: named, ...params } = cause.params ?? {};
    return causeSentence(named === quantity ? { code: cause.code, params } : cause, language);
  };
  return [...Map.groupBy(absent, sentence)].map(([cause, all]) =>
    missing(all.map(({ what }) => what), cause)
  );
}

/** Every target with what is known of it. */
export function targetBlocks({ facts }: PerformanceReport, language: Language): Block[] {
  if (facts.length === 0) return [];
  const words = reportText(language);
  const { columns } = words;
  return [
    { kind: "heading", level: 2, text: words.targets },
    withoutEmptyColumns({
      kind: "table",
      columns: [
        columns.target,
        columns.kind,
        columns.address,
        columns.version,
        columns.models,
        columns.interval,
        columns.details,
      ],
      rows: facts.map((fact) => [
        fact.target + (fact.simulated ? " *" : ""),
        fact.kind ?? "",
        fact.address ?? "",
        fact.version ?? "",
        (fact.models ?? []).join(punctuation(language).list),
        fact.intervalSeconds === undefined ? "" : formatSeconds(fact.intervalSeconds),
        detailsText(fact, language),
      ]),
    }),
    ...(facts.some((fact) => fact.simulated)
      ? [{ kind: "paragraph", text: `* ${words.simulated}` } as const]
      : []),
  ];
}

/** Limits of the server, then whatever its sampler found worth telling. */
function detailsText(facts: TargetFacts, language: Language): string {
  const { details } = reportText(language);
  const limits: readonly (readonly [string, number | string | undefined])[] = [
    [details.maxNumSequences, facts.maxNumSequences],
    [details.maxModelLength, facts.maxModelLength],
    [details.kvCacheTokens, cacheTokens(facts)],
  ];
  return [
    ...limits.flatMap(([name, value]) => value === undefined ? [] : [`${name} ${value}`]),
    ...Object.entries(facts.details ?? {}).map(([name, value]) => factText(name, value, language)),
  ].join(punctuation(language).list);
}
