/**
 * What of a latency lies outside the server's clock, in words.
 *
 * @module
 */
import type { OutsideEngine, OutsideEngines } from "../analyzer/outside_engine.ts";
import { formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import { causeSentence } from "./causes.ts";
import type { Language } from "./language.ts";
import { OUTSIDE_EN } from "./outside_en.ts";
import { OUTSIDE_ZH_TW } from "./outside_zh_tw.ts";
import { punctuation } from "./punctuation.ts";

/** Words around the figure. */
export interface OutsideText {
  /** The figure's name. */
  readonly title: string;
  /** The same of a window, such as `30 s`. */
  readonly titleOf: (window: string) => string;
  /** What it consists of, behind figures that are there. */
  readonly parts: string;
  /** Why there is no figure: the server's metrics, and what was wrong with them. */
  readonly unread: (cause: string) => string;
  /** A figure that is smaller than the error of the two clocks. */
  readonly withinError: (figure: string) => string;
  /** The client was a limit itself; its lag at p99, absent where that is not known. */
  readonly byClient: (upTo?: string) => string;
  /** The same where the lag is as long as all that is told. */
  readonly allByClient: (upTo: string) => string;
  /** Client's and server's means, and how many requests they are of. */
  readonly means: (client: string, server: string, count: number) => string;
}

/** The words in a language. */
export function outsideText(language: Language): OutsideText {
  return { en: OUTSIDE_EN, "zh-TW": OUTSIDE_ZH_TW }[language];
}

/** `1.6 ms`, or n/a. */
export function outsideValue(one: OutsideEngine): string {
  return "absent" in one ? NOT_AVAILABLE : formatSeconds(one.seconds);
}

/** What is said beside the figure: the means that it comes from and what is to be doubted, or why there is none. */
export function outsideRemark(one: OutsideEngine, language: Language): string {
  if ("absent" in one) return causeSentence(one.absent, language);
  const text = outsideText(language);
  const { clientSeconds, serverSeconds, count } = one;
  return [
    text.means(formatSeconds(clientSeconds), formatSeconds(serverSeconds), count),
    ...doubts(one, language),
  ].join(punctuation(language).semicolon);
}

/** The figure with its doubt or its cause, without the means: `1.6 ms`, `n/a: clients saw 45, the server counted 53`. */
export function outsideFigure(one: OutsideEngine, language: Language): string {
  const { colon, comma } = punctuation(language);
  if ("absent" in one) return NOT_AVAILABLE + colon + causeSentence(one.absent, language);
  if (one.withinError === true) {
    const [error, ...more] = doubts(one, language);
    return [error, ...more].join(comma);
  }
  return [outsideValue(one), ...doubts(one, language)].join(comma);
}

/** One line of both latencies; "" where a side measured none. What holds for both is said once. */
export function outsideSentence(found: OutsideEngines, language: Language): string {
  const text = outsideText(language);
  const { colon, comma, semicolon, bracket } = punctuation(language);
  const all = Object.entries(found);
  if (all.length === 0) return "";
  const causes = all.flatMap(([, one]) => "absent" in one ? [one.absent] : []);
  const [cause] = causes;
  const isOneCause = causes.length === all.length && new Set(causes.map(({ code }) => code)).size === 1;
  if (cause !== undefined && isOneCause) {
    return text.title + colon + NOT_AVAILABLE + colon + causeSentence(cause, language);
  }
  const figures = all.map(([name, one]) => {
    if ("absent" in one) return `${name.toUpperCase()} ${outsideFigure(one, language)}`;
    const { client: _saidOnce, ...rest } = one;
    return `${name.toUpperCase()} ${outsideFigure(rest, language)}`;
  });
  const most = Math.max(...all.map(([, one]) => "absent" in one ? -Infinity : one.seconds));
  const client = all.flatMap(([, one]) => "absent" in one ? [] : clientDoubt(one, language, most));
  return text.title + colon + [figures.join(semicolon), ...new Set(client)].join(comma) +
    (causes.length < all.length ? bracket(text.parts) : "");
}

type Known = Exclude<OutsideEngine, { readonly absent: unknown }>;

function doubts(one: Known, language: Language): readonly string[] {
  const text = outsideText(language);
  return [
    ...(one.withinError === true ? [text.withinError(formatSeconds(one.seconds))] : []),
    ...clientDoubt(one, language),
  ];
}

/** A part is no longer than the whole: the longest of the figures that it is said of. */
function clientDoubt({ client, seconds }: Known, language: Language, most = seconds): readonly string[] {
  if (client === undefined) return [];
  const text = outsideText(language);
  const upTo = client.upToSeconds;
  if (upTo === undefined) return [text.byClient()];
  return [upTo < most ? text.byClient(formatSeconds(upTo)) : text.allByClient(formatSeconds(upTo))];
}
