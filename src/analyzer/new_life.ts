/**
 * What is new about a server that began again: its version, its model.
 *
 * @module
 */
import { wholeSource } from "../series/narrow.ts";
import type { LabEvent, MetricSource, Series, TargetFacts, TimeSpan } from "../series/types.ts";
import type { Finding } from "./findings.ts";
import { ofTarget } from "./server_reads.ts";

/** Of the reads on either side of a restart so many are looked at: the first of a life may not have all series yet. */
const READS = 3;

/** After a restart a server is asked for its version at once; an answer takes no longer. */
const ASKED_SECONDS = 30;

type Restart = Extract<LabEvent, { kind: "counter_reset" }>;

/** The same findings; restarts as another version or model with what was and what is, where that is certain. */
export async function withNewLives(
  source: MetricSource,
  findings: readonly Finding[],
  at: { readonly target: string; readonly facts?: TargetFacts; readonly intervalSeconds: number },
): Promise<Finding[]> {
  if (!findings.some(({ code }) => code === "server_restarted")) return [...findings];
  const whole = wholeSource(source);
  const held = await whole.span();
  const events = held === undefined ? [] : await whole.events(held);
  const names = new Set([at.target, at.facts?.target]);
  const restarts = events.filter((event): event is Restart =>
    event.kind === "counter_reset" && (at.target === "" || names.has(event.target))
  );
  return await Promise.all(findings.map(async (finding) => {
    const restart = restarts.find(({ timeSeconds }) => timeSeconds === finding.span.endSeconds);
    if (finding.code !== "server_restarted" || restart === undefined) return finding;
    return {
      ...finding,
      params: {
        ...finding.params,
        ...newVersion(at.facts, restart),
        ...await newModel(whole, restart, at),
      },
    };
  }));
}

/** Two versions where it was this restart after which another one was stated for the first time. */
function newVersion(
  facts: TargetFacts | undefined,
  { timeSeconds }: Restart,
): { versionBefore?: string; version?: string } {
  const { version, earlierVersions, versionChangedSeconds = NaN } = facts ?? {};
  const before = earlierVersions?.at(-1);
  const late = versionChangedSeconds - timeSeconds;
  // A clock may stand a little behind the tick that it made.
  const isOwn = late > -1 && late < ASKED_SECONDS;
  return version === undefined || before === undefined || !isOwn ? {} : { versionBefore: before, version };
}

async function newModel(
  source: MetricSource,
  { previousTimeSeconds: last, timeSeconds: first }: Restart,
  { target, intervalSeconds }: { readonly target: string; readonly intervalSeconds: number },
): Promise<{ modelBefore?: string; model?: string }> {
  const reach = READS * intervalSeconds;
  const read = async (span: TimeSpan) =>
    modelsOf(await source.select({ quantity: "running", matchers: ofTarget(target) }, span), span);
  const before = await read({ startSeconds: last - reach, endSeconds: last });
  const after = await read({ startSeconds: first, endSeconds: first + reach });
  return before === "" || after === "" || before === after ? {} : { modelBefore: before, model: after };
}

/** Who is told of in a time, in order; "" where nobody is. */
function modelsOf(series: readonly Series[], { startSeconds, endSeconds }: TimeSpan): string {
  const told = series.filter(({ timesSeconds, values }) =>
    timesSeconds.some((time, i) => time >= startSeconds && time <= endSeconds && !Number.isNaN(values[i]))
  );
  return [...new Set(told.flatMap(({ labels }) => labels.model_name ?? []))].sort().join(", ");
}
