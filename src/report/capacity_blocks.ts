/**
 * The report's section on capacity: what each server had room for, and how much of it was used.
 *
 * @module
 */
import type { ServerCapacity } from "../analyzer/capacity_report.ts";
import type { KvCapacity, RoomRange } from "../analyzer/kv_room.ts";
import type { PerformanceReport } from "../analyzer/performance_report.ts";
import type { Cause, Reading } from "../base/cause.ts";
import {
  formatNumber,
  formatPerSecond,
  formatRatio,
  formatSeconds,
  formatWhole,
  NOT_AVAILABLE,
} from "../base/format.ts";
import { capacityText } from "../text/capacity.ts";
import { causeSentence } from "../text/causes.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { reportText } from "../text/report.ts";
import type { Block } from "./document.ts";

/** One table, of several servers with a column for their names; nothing where no server says what runs. */
export function capacityBlocks({ capacity = [] }: PerformanceReport, language: Language): Block[] {
  if (capacity.length === 0) return [];
  const words = capacityText(language);
  const { columns } = reportText(language);
  const several = capacity.length > 1;
  return [
    { kind: "heading", level: 2, text: words.capacity },
    {
      kind: "table",
      columns: [...(several ? [columns.target] : []), columns.what, columns.value],
      rows: capacity.flatMap((server) =>
        rowsOf(server, language).map((row) => several ? [server.target, ...row] : row)
      ),
    },
    { kind: "paragraph", text: words.note },
  ];
}

function rowsOf(server: ServerCapacity, language: Language): string[][] {
  const { rows } = capacityText(language);
  return [
    [rows.little, littleText(server.little, language)],
    [rows.places, placesText(server.places, language)],
    [rows.cache, cacheText(server.kv, language)],
    [roomTitle(server.kv, language), roomText(server.kv.room, language)],
    [rows.first, firstText(server, language)],
    [rows.utilization, utilizationText(server.utilization, language)],
  ];
}

function notKnown(cause: Cause, language: Language): string {
  return `${NOT_AVAILABLE}${punctuation(language).colon}${causeSentence(cause, language)}`;
}

function readingText(reading: Reading, show: (value: number) => string): string {
  return "value" in reading ? show(reading.value) : NOT_AVAILABLE;
}

function littleText(little: ServerCapacity["little"], language: Language): string {
  if ("absent" in little) return notKnown(little.absent, language);
  const words = capacityText(language);
  const ratio = formatNumber(little.ratio);
  const figures = words.little({
    inSystem: formatNumber(little.observed),
    rate: formatPerSecond(little.finishedPerSecond),
    e2e: formatSeconds(little.meanSeconds),
    expected: formatNumber(little.expected),
  });
  const verdict = little.consistent
    ? words.together(ratio)
    : little.ratio > 1
    ? words.moreInside(ratio, little.begunOnly > 0 ? formatWhole(little.begunOnly) : undefined)
    : words.fewerInside(ratio);
  return figures + punctuation(language).semicolon + verdict;
}

function placesText({ mean, most, limit, limitFrom }: ServerCapacity["places"], language: Language): string {
  const words = capacityText(language);
  if ("absent" in mean) return notKnown(mean.absent, language);
  const { bracket } = punctuation(language);
  const of = (reading: Reading) =>
    readingText(reading, formatNumber) +
    ("value" in reading && "value" in limit ? bracket(formatRatio(reading.value / limit.value)) : "");
  return words.places(of(mean), of(most)) +
    ("value" in limit
      ? words.ofLimit(formatWhole(limit.value), limitFrom === "plateau")
      : words.noLimit(causeSentence(limit.absent, language)));
}

function cacheText({ tokens, meanUsage, peakUsage }: KvCapacity, language: Language): string {
  const words = capacityText(language);
  const size = "value" in tokens ? words.cache(formatWhole(tokens.value)) : notKnown(tokens.absent, language);
  const usage = "absent" in meanUsage
    ? notKnown(meanUsage.absent, language)
    : words.usage(formatRatio(meanUsage.value), readingText(peakUsage, formatRatio));
  return size === usage ? size : size + punctuation(language).semicolon + usage;
}

function roomTitle({ promptTokens, outputTokens, sharedShare }: KvCapacity, language: Language): string {
  const { rows } = capacityText(language);
  if ("absent" in promptTokens || "absent" in outputTokens) return rows.roomUnknown;
  return rows.room(
    formatNumber(promptTokens.value),
    formatNumber(outputTokens.value),
    "value" in sharedShare ? formatRatio(sharedShare.value) : undefined,
  );
}

function roomText(room: KvCapacity["room"], language: Language): string {
  if ("absent" in room) return notKnown(room.absent, language);
  return capacityText(language).room(rangeText(room.mean), rangeText(room.atEnd));
}

function rangeText({ least, most }: RoomRange): string {
  return least === most ? formatWhole(least) : `${formatWhole(least)}–${formatWhole(most)}`;
}

function firstText({ bindsFirst, places }: ServerCapacity, language: Language): string {
  if ("absent" in bindsFirst) return notKnown(bindsFirst.absent, language);
  return capacityText(language).first[bindsFirst.limit](readingText(places.limit, formatWhole));
}

function utilizationText(
  { served, highest, ratio, stretchSeconds }: ServerCapacity["utilization"],
  language: Language,
): string {
  if ("absent" in served) return notKnown(served.absent, language);
  const words = capacityText(language);
  const rate = formatPerSecond(served.value);
  if ("absent" in ratio) return words.servedOnly(rate, causeSentence(ratio.absent, language));
  return words.utilization(
    formatRatio(ratio.value),
    rate,
    readingText(highest, formatPerSecond),
    formatSeconds(stretchSeconds),
  );
}
