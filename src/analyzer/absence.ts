/**
 * Why a source holds no points of a quantity: by whoever should have given them.
 *
 * @module
 */
import type { Cause, CauseCode } from "../base/cause.ts";
import { explainQuantity } from "../catalog/explain.ts";
import { QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { GPU_METRICS } from "../gpu/metrics.ts";
import type { MetricMeta } from "../parser/types.ts";
import type { LabEvent, MetricSource, TargetFacts, TimeSpan } from "../series/types.ts";

/** What {@link absenceOf} reads: the source's facts, its families, and what happened. */
export interface AbsenceContext {
  readonly facts: readonly TargetFacts[];
  readonly families: readonly MetricMeta[];
  /** For the reason of targets that never answered; default none. */
  readonly events?: readonly LabEvent[];
}

/** Reads once what {@link absenceOf} needs. */
export async function absenceContext(source: MetricSource, span?: TimeSpan): Promise<AbsenceContext> {
  const held = span ?? await source.span();
  return {
    facts: await source.facts(),
    families: await source.describe(),
    events: held === undefined ? [] : await source.events(held),
  };
}

/**
 * The cause of an absence, the nearest one first: what a target itself says is absent; that nobody watches that kind of
 * target; why all reads of it failed; what the catalog knows of this server's names and version; else that there was
 * nothing to observe in this time.
 */
export function absenceOf(quantity: QuantityName, context: AbsenceContext): Cause {
  const side = sideOf(quantity);
  return toldAbsence(quantity, context.facts) ?? unwatched(side, context) ?? unanswered(side, context) ??
    catalogAbsence(quantity, context) ?? nothingObserved(quantity, side);
}

type Side = "server" | "host" | "gpu" | "workload";

/** Whose figure it is. */
export function sideOf(quantity: QuantityName): Side {
  if (quantity.startsWith("gpu_")) return "gpu";
  if (quantity.startsWith("client_")) return "workload";
  return hostPart(quantity) === undefined ? "server" : "host";
}

/** Under which name a machine's facts tell that it cannot be read. */
function hostPart(quantity: QuantityName): string | undefined {
  if (quantity === "cpu_usage") return "cpu";
  if (quantity.startsWith("memory_")) return "memory";
  return quantity.startsWith("container_memory_") ? "cgroup" : undefined;
}

/** `gpu`, `cpu`, the quantity itself, or a figure of a GPU (`gpu0.power`). */
function toldAbsence(quantity: QuantityName, facts: readonly TargetFacts[]): Cause | undefined {
  const figure = gpuFigure(quantity);
  const part = sideOf(quantity) === "gpu" ? "gpu" : hostPart(quantity);
  for (const { absent = {} } of facts) {
    const own = absent[quantity] ?? (part === undefined ? undefined : absent[part]);
    if (own !== undefined) return own;
    if (figure === undefined) continue;
    const key = Object.keys(absent).find((name) => /^gpu\d+/.test(name) && name.endsWith(`.${figure}`)) ??
      Object.keys(absent).find((name) => /^gpu\d+$/.test(name));
    if (key !== undefined) return absent[key];
  }
  return undefined;
}

/** The lab's own figure behind a quantity of GPUs. */
function gpuFigure(quantity: QuantityName): string | undefined {
  if (sideOf(quantity) !== "gpu") return undefined;
  const names = new Set(QUANTITIES[quantity].candidates.map(({ name }) => name));
  return Object.entries(GPU_METRICS).find(([, { name }]) => names.has(name))?.[0];
}

function targetsOf(side: Side, facts: readonly TargetFacts[]): readonly TargetFacts[] {
  return facts.filter(({ kind }) =>
    side === "server" ? kind !== "host" && kind !== "gpu" && kind !== "workload" : kind === side
  );
}

const UNWATCHED = {
  server: "server_not_sampled",
  host: "host_not_sampled",
  gpu: "gpu_not_sampled",
  workload: "no_data",
} as const;

/** A target of another kind may stand in: exporters of machines and GPUs are scraped as servers are. */
function unwatched(side: Side, { facts, families }: AbsenceContext): Cause | undefined {
  if (targetsOf(side, facts).length > 0) return undefined;
  const foreign = families.some(({ name }) => /^(node_|container_|DCGM_|nvidia_|nv_)/.test(name));
  if (foreign && (side === "host" || side === "gpu")) return undefined;
  if (side === "server" && families.some(({ name }) => !name.startsWith("lab_"))) return undefined;
  return { code: UNWATCHED[side] };
}

/** Why nothing was ever read of any target of this kind: the newest failure. */
function unanswered(side: Side, { facts, families, events = [] }: AbsenceContext): Cause | undefined {
  const own = side === "server" ? /^(?!lab_)/ : side === "gpu" ? /^lab_gpu_/ : /^lab_(cpu|memory|cgroup)_/;
  if (families.some(({ name }) => own.test(name))) return undefined;
  const targets = new Set(targetsOf(side, facts).map(({ target }) => target));
  return events.flatMap((event) =>
    event.kind === "scrape_failed" && targets.has(event.target) ? [event.cause] : []
  ).at(-1);
}

/** The version counts where all servers have the same. No server is to blame for what a machine or a GPU lacks. */
function catalogAbsence(
  quantity: QuantityName,
  { facts, families }: AbsenceContext,
): Cause | undefined {
  const versions = new Set(targetsOf("server", facts).map(({ version }) => version));
  const [version] = versions.size === 1 ? versions : [];
  const explained = explainQuantity(quantity, families, version === undefined ? {} : { version });
  if (!("absent" in explained)) return undefined;
  const blamesServer = explained.absent.code === "quantity_not_exposed";
  return blamesServer && sideOf(quantity) !== "server" ? undefined : explained.absent;
}

/** It is there but says nothing in this time: of a server's histogram that means that what it observes did not happen. */
function nothingObserved(quantity: QuantityName, side: Side): Cause {
  return side === "server" && QUANTITIES[quantity].type === "histogram"
    ? nothingHappened(quantity)
    : { code: "no_data", params: { quantity } };
}

/** Histograms that servers fill while a request runs; all others when it ends. */
const OBSERVED_BEFORE_THE_END: Partial<Record<QuantityName, CauseCode>> = {
  ttft: "no_first_tokens_in_window",
  itl: "no_tokens_in_window",
  iteration_tokens: "no_tokens_in_window",
};

/** Why a server's histogram that is there observed nothing in a time. */
export function nothingHappened(quantity: QuantityName): Cause {
  return { code: OBSERVED_BEFORE_THE_END[quantity] ?? "no_requests_in_window" };
}
