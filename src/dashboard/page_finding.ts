/**
 * Findings in the form in which pages and pictures show them.
 *
 * @module
 */
import { AdvancedMetricsAnalyzer } from "../analyzer/analyzer.ts";
import type { Finding } from "../analyzer/findings.ts";
import { singleLine } from "../base/escape.ts";
import type { ChartContext } from "../charts/context.ts";
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

/** What the diagnosis says of a context's span and target; that there is nothing to say is a finding too. */
export async function readFindings(context: ChartContext): Promise<readonly PageFinding[]> {
  const { source, span, language, target } = context;
  const { findings } = await new AdvancedMetricsAnalyzer(source).diagnose(span === undefined ? {} : { span });
  const asked = findings.filter((each) =>
    target === undefined || each.target === target || each.target === ""
  );
  return pageFindings(asked, language);
}

/** Findings as they come, gravest first; one verdict on several servers is told once. */
export function pageFindings(findings: readonly Finding[], language: Language): readonly PageFinding[] {
  return together(findings).map((each) => pageFinding(each, language));
}

/** The same verdict on several servers is told once: of the first, with how many more. */
function together(findings: readonly Finding[]): { readonly finding: Finding; readonly targets: string[] }[] {
  const byCode = new Map<string, { readonly finding: Finding; readonly targets: string[] }>();
  for (const finding of findings) {
    const known = byCode.get(finding.code);
    if (known === undefined) byCode.set(finding.code, { finding, targets: [finding.target] });
    else if (!known.targets.includes(finding.target)) known.targets.push(finding.target);
  }
  return [...byCode.values()];
}

function pageFinding(
  { finding, targets }: { readonly finding: Finding; readonly targets: readonly string[] },
  language: Language,
): PageFinding {
  const text = analyzerText(language);
  const { live } = chartsText(language);
  const [first = ""] = targets;
  const where = targets.length > 1 ? live.andMore(first, targets.length - 1) : first;
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
    sentence: singleLine(verdictSentence(finding, language)),
    ...(advice === undefined ? {} : { advice: singleLine(live.try(text.advice[advice.code] + flag)) }),
  };
}
