/**
 * What a finding gains once its windows are known: the moment within the first of them, counts over all of them.
 *
 * @module
 */
import type { Matcher, MetricSource, RequestRecord } from "../series/types.ts";
import type { RankedFinding } from "./episodes.ts";
import { numbersOf } from "./evidence.ts";
import type { EvidenceQuantity, Finding, FindingCode } from "./findings.ts";
import { measureSpan, type ServerFrames } from "./frames.ts";
import { onsetOf } from "./onsets.ts";

/** Counts and their shares, which a reader takes for the whole time that a finding names. */
const COUNTED: Partial<Record<FindingCode, readonly EvidenceQuantity[]>> = {
  requests_failing: ["failed_requests", "failed_share"],
  requests_rejected: ["rejections"],
  hidden_aborts: ["cut_requests", "cut_share"],
  preemption_thrash: ["preemptions", "preemptions_per_request"],
  // A chart shows how long the queue became: the largest of one window would contradict it.
  overload: ["waiting_max"],
  // Its windows overlap: a mean of theirs is not that of the whole time, which the report's table shows beside it.
  healthy: ["ttft_mean", "itl_mean", "preemptions", "generation_rate"],
};

/** Parameters that are such a count. */
const PARAMETERS: Partial<Record<FindingCode, Readonly<Record<string, EvidenceQuantity>>>> = {
  requests_failing: { failed: "failed_requests", share: "failed_share" },
  requests_rejected: { rejections: "rejections" },
  hidden_aborts: { cut: "cut_requests", share: "cut_share" },
  preemption_thrash: { preemptions: "preemptions" },
};

/** Where the finding's series are. */
export interface DetailContext {
  readonly server: ServerFrames;
  /** All rows of clients; none where they are of several servers. */
  readonly requests: readonly RequestRecord[];
}

/** The same finding with its beginning to the scrape and its counts over all of its windows. */
export async function withDetails(
  source: MetricSource,
  { finding, lossSeconds }: RankedFinding,
  context: DetailContext,
): Promise<RankedFinding> {
  if (finding.code === "healthy") return { finding: await withCounts(source, finding, context), lossSeconds };
  // Those without windows were told by events, which have their own times.
  if (finding.params.windows === undefined || finding.params.seenSeconds === undefined) {
    return { finding, lossSeconds };
  }
  const counted = await withCounts(source, finding, context);
  return { finding: await withOnset(source, counted, context), lossSeconds };
}

async function withCounts(source: MetricSource, finding: Finding, context: DetailContext): Promise<Finding> {
  const names = COUNTED[finding.code];
  if (names === undefined) return finding;
  const { server, requests } = context;
  const { span, engine } = finding;
  const frame = await measureSpan(source, server, {
    span,
    requests,
    ...(engine === undefined ? {} : { engine }),
  });
  if (frame === undefined) return finding;
  const numbers = numbersOf(frame);
  const evidence = finding.evidence.map((one) => {
    const value = names.includes(one.quantity) ? numbers[one.quantity] : undefined;
    if (value === undefined) return one;
    const counts = one.count !== undefined && finding.code !== "healthy";
    return { ...one, value, window: span, ...(counts ? { count: value } : {}) };
  });
  const params: Record<string, number | string> = { ...finding.params };
  for (const [name, quantity] of Object.entries(PARAMETERS[finding.code] ?? {})) {
    const value = numbers[quantity];
    if (value !== undefined) params[name] = value;
  }
  return { ...finding, evidence, params };
}

async function withOnset(source: MetricSource, finding: Finding, context: DetailContext): Promise<Finding> {
  const { server, requests } = context;
  const { startSeconds, endSeconds } = finding.span;
  const first = { startSeconds, endSeconds: Math.min(endSeconds, startSeconds + server.windowSeconds) };
  const onset = await onsetOf(finding, {
    source,
    matchers: matchersOf(server, finding.engine),
    requests,
    intervalSeconds: server.intervalSeconds,
    first,
  });
  return onset === undefined
    ? { ...finding, startsWithinSeconds: first.endSeconds - first.startSeconds }
    : { ...finding, span: { startSeconds: onset, endSeconds }, startsWithinSeconds: server.intervalSeconds };
}

/** Of the only engine none is named: then all of the server's series are its own. */
function matchersOf(server: ServerFrames, engine: string | undefined): Matcher[] {
  const scope = server.engines.find((one) => one.engine === engine);
  const equal = (label: string, value: string | undefined): Matcher[] =>
    value === undefined || value === "" ? [] : [{ label, operator: "=", value }];
  return [
    ...equal("target", server.target),
    ...equal("engine", engine === undefined ? undefined : scope?.labels?.engine ?? engine),
    ...equal("model_name", scope?.labels?.model),
  ];
}
