/**
 * Findings in the form in which pages and pictures show them.
 *
 * @module
 */
import { AdvancedMetricsAnalyzer } from "../analyzer/analyzer.ts";
import type { Finding } from "../analyzer/findings.ts";
import { singleLine } from "../base/escape.ts";
import type { ChartContext } from "../charts/context.ts";
import { clockTime } from "../charts/time_axis.ts";
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
  return { title, judgedEnd, findings: pageFindings(asked, language) };
}

/** Findings as they come, gravest first; one verdict on several servers is told once. */
export function pageFindings(findings: readonly Finding[], language: Language): readonly PageFinding[] {
  return together(findings).map((each) => pageFinding(each, language));
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
  language: Language,
): PageFinding {
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
  const flag = advice?.flag === undefined ? "" : ` (${[advice.flag, advice.value].join(" ").trim()})`;
  return {
    severity: finding.severity,
    heading: singleLine(heading),
    // Its numbers are those of one server.
    sentence: singleLine(targets.length > 1 ? text.at(finding.target, sentence) : sentence),
    ...(advice === undefined ? {} : { advice: singleLine(live.try(text.advice[advice.code] + flag)) }),
  };
}
