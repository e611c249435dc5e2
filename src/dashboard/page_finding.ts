/**
 * Findings in the form in which pages and pictures show them.
 *
 * @module
 */
import { AdvancedMetricsAnalyzer } from "../analyzer/analyzer.ts";
import type { Finding } from "../analyzer/findings.ts";
import { singleLine } from "../base/escape.ts";
import type { ChartContext } from "../charts/context.ts";
import { clockTime, clockTimeFrom } from "../charts/time_axis.ts";
import { verdictSentence } from "../report/findings_blocks.ts";
import { analyzerText } from "../text/analyzer.ts";
import { chartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";

/** One verdict as a page shows it; plain text. */
export interface PageFinding {
  readonly severity: Finding["severity"];
  /** `Overload · critical · high confidence · server-0`. */
  readonly heading: string;
  readonly sentence: string;
  /** What to try first; absent where nothing needs to be done. */
  readonly advice?: string;
  /** Where it can be seen. */
  readonly evidence?: PageEvidence;
}

/** A part of the time, on the panel of a page that shows it. */
export interface PageEvidence {
  /** `Show 10:03:20–10:04:05`. */
  readonly label: string;
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** Id of the panel. */
  readonly panel: string;
}

/** Which panel of a page shows a piece of evidence, by how its name begins; the first that fits. */
const PANELS: readonly (readonly [RegExp, string])[] = [
  [/^(running|waiting|queue_length)/, "requests"],
  [/^kv_cache|^preemptions/, "kv"],
  [/^(queue_time|ttft|prefill|outside_engine)/, "ttft"],
  [/^(itl|tpot|decode)/, "itl"],
  [/^e2e/, "e2e"],
  [/_rate$|^steps|tokens/, "throughput"],
  [/^gpu_memory/, "gpu_memory"],
  [/^gpu/, "gpu_utilization"],
  [/^(cpu|host_cpu)/, "cpu"],
  [/^memory/, "memory"],
];

/** What happens to requests: their counts by outcome have no panel, so that of their states shows when. */
const OF_REQUESTS = /^(requests_|hidden_aborts)/;

function evidenceOf(
  finding: Finding,
  words: { readonly language: Language; readonly timeZone: string },
): PageEvidence | undefined {
  const { startSeconds, endSeconds } = finding.span;
  if (finding.code === "healthy" || !(startSeconds <= endSeconds)) return undefined;
  const panel = OF_REQUESTS.test(finding.code)
    ? "requests"
    : finding.evidence.map(({ quantity }) => PANELS.find(([name]) => name.test(quantity))?.[1])
      .find((id) => id !== undefined) ?? "requests";
  // Times of one day stand without it, as in the heading; a finding that lasted over midnight has both days.
  const clock = (time: number, other: number) => clockTimeFrom(time, other, words.timeZone);
  const { show } = chartsText(words.language).live;
  return {
    label: show(`${clock(startSeconds, endSeconds)}–${clock(endSeconds, startSeconds)}`),
    from: startSeconds,
    to: endSeconds,
    panel,
  };
}

/** Of a longer span only the end is judged: the diagnosis of eight servers takes half a second for so much. */
const MOST_JUDGED_SECONDS = 900;

/** What the diagnosis says of a context's span and target; that there is nothing to say is a finding too. */
export async function readFindings(
  context: ChartContext,
): Promise<
  { readonly title: string; readonly judgedEnd: boolean; readonly findings: readonly PageFinding[] }
> {
  const { source, span, language, target, text, timeZone } = context;
  const judgedEnd = span !== undefined && span.endSeconds - span.startSeconds > MOST_JUDGED_SECONDS;
  const judged = judgedEnd ? { ...span, startSeconds: span.endSeconds - MOST_JUDGED_SECONDS } : span;
  const analyzer = new AdvancedMetricsAnalyzer(source);
  const { findings } = await analyzer.diagnose({
    confirmedOnly: true,
    ...(judged === undefined ? {} : { span: judged }),
  });
  const asked = findings.filter((each) =>
    target === undefined || each.target === target || each.target === ""
  );
  const title = judgedEnd
    ? text.live.findings(MOST_JUDGED_SECONDS / 60, clockTime(span.endSeconds, timeZone))
    : text.findings;
  return { title, judgedEnd, findings: pageFindings(asked, { language, timeZone }) };
}

/** Findings as they come, gravest first; one verdict on several servers is told once. */
export function pageFindings(
  findings: readonly Finding[],
  words: { readonly language: Language; readonly timeZone: string },
): readonly PageFinding[] {
  return together(findings).map((each) => pageFinding(each, words));
}

/** The same verdict on several servers is told once, with the names of all. */
function together(findings: readonly Finding[]): { readonly finding: Finding; readonly targets: string[] }[] {
  const byCode = new Map<string, { readonly finding: Finding; readonly targets: string[] }>();
  for (const finding of findings) {
    const known = byCode.get(finding.code);
    if (known === undefined) byCode.set(finding.code, { finding, targets: [finding.target] });
    else if (!known.targets.includes(finding.target)) known.targets.push(finding.target);
  }
  return [...byCode.values()];
}

/** Names of servers in one heading; of more the rest is counted. */
const MOST_NAMES = 3;

function pageFinding(
  { finding, targets }: { readonly finding: Finding; readonly targets: readonly string[] },
  words: { readonly language: Language; readonly timeZone: string },
): PageFinding {
  const { language } = words;
  const text = analyzerText(language);
  const { live } = chartsText(language);
  const where = targets.length > MOST_NAMES
    ? live.andMore(targets.slice(0, MOST_NAMES).join(", "), targets.length - MOST_NAMES)
    : targets.join(", ");
  const sentence = verdictSentence(finding, language);
  const heading = [
    text.titles[finding.code],
    text.severities[finding.severity],
    text.confidences[finding.confidence],
    where,
  ].filter((part) => part !== "").join(" · ");
  const [advice] = finding.advice;
  const evidence = evidenceOf(finding, words);
  const flag = advice?.flag === undefined ? "" : ` (${[advice.flag, advice.value].join(" ").trim()})`;
  return {
    severity: finding.severity,
    heading: singleLine(heading),
    // Its numbers are those of one server.
    sentence: singleLine(targets.length > 1 ? text.at(finding.target, sentence) : sentence),
    ...(advice === undefined ? {} : { advice: singleLine(live.try(text.advice[advice.code] + flag)) }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}
