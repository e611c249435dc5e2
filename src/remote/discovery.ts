/**
 * Finds the targets of a server: which there are, what each shows, and from when to when.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import type { KnownSampler } from "../series/selection.ts";
import { withoutLabels } from "../series/labels.ts";
import { familiesOf } from "../series/selection.ts";
import type { Matcher, SeriesDefinition, TimeSpan } from "../series/types.ts";
import { familyOf } from "./family_types.ts";
import { oneOf, selectorOf } from "./promql.ts";
import { belongsTo, toldApart } from "./same_server.ts";
import { namedByPod } from "./scraped_as.ts";
import type { RawSeries, RemoteApi, RemoteMetadata, SpanMs } from "./remote_api.ts";

/** A target: what shares `job` and `instance`. */
export interface RemoteTarget extends KnownSampler {
  /**
   * The pod where one is told of it alone; else `instance`, or `job/instance` where several jobs have that instance; before it what
   * else tells it from another server.
   */
  readonly id: string;
  /** `job` and `instance` as far as there are such labels, and others where several servers have the same of both. */
  readonly labels: Labels;
  /** Where several collectors read this server: labels of the one that is read here, each with its values; "" is none. */
  readonly collector: Readonly<Record<string, readonly string[]>>;
  /** How many read it in this time; absent: one. */
  readonly readings?: number;
  /** One for each series but those of buckets, of which `le="+Inf"` stands for all. Labels as the server has them. */
  readonly definitions: readonly SeriesDefinition[];
  /** Every sample name. */
  readonly names: ReadonlySet<string>;
  /** The series whose points tell when the target was read: `up` where it is there. */
  readonly witness: string;
}

/** What a server holds, as of one moment. */
export interface Discovery {
  readonly targets: readonly RemoteTarget[];
  readonly metadata: ReadonlyMap<string, RemoteMetadata>;
  /** Undefined where nothing was found. */
  readonly span: TimeSpan | undefined;
  /** True where some sample name is shown by several targets. */
  readonly sharedNames: boolean;
}

/** Where to look. */
export interface DiscoveryOptions {
  /** Conditions on everything that is read; none: servers that the lab knows. */
  readonly matchers: readonly Matcher[];
  readonly span: TimeSpan | undefined;
  readonly lookBackSeconds: number;
  readonly nowSeconds: number;
}

/** Names that tell a server of language models, or something that the lab pushed. */
const KNOWN_SERVERS = [
  "(?:ray_|kserve_)?vllm[:_].+",
  "sglang[:_].+",
  "tgi_.+",
  "trtllm_.+",
  "nv_inference_.+",
  "llamacpp[:_].+",
  "dynamo_.+",
  "lab_.+",
].join("|");

/** How far back data is looked for when the last stretch has none. */
const FARTHEST_SECONDS = [86400, 15 * 86400, 120 * 86400];
/** Targets that one request lists. */
const TARGETS_PER_REQUEST = 50;
/** Cells of time in which data is looked for. */
const CELLS = 240;

/** Looks for targets in the given span, else in the newest stretch that has any. */
export async function discover(api: RemoteApi, options: DiscoveryOptions): Promise<Discovery> {
  const metadata = await api.metadata();
  for (const within of spansToTry(options)) {
    const candidates = await findTargets(api, { matchers: options.matchers, within, metadata });
    const alive = await withData(api, { candidates, within, matchers: options.matchers });
    if (alive === undefined) continue;
    const { startMs, endMs } = alive.span;
    const newestMs = Math.max(startMs, endMs - Math.round(options.lookBackSeconds * 1000));
    if (options.span === undefined && newestMs > startMs) {
      // Found far back: other targets may have ended long before.
      const newest = { startSeconds: newestMs / 1000, endSeconds: endMs / 1000 };
      return discover(api, { ...options, span: newest });
    }
    const targets = namedByPod(await toldApart(api, { ...alive, matchers: options.matchers }));
    return {
      targets,
      metadata,
      span: { startSeconds: startMs / 1000, endSeconds: endMs / 1000 },
      sharedNames: shareNames(targets),
    };
  }
  return { targets: [], metadata, span: undefined, sharedNames: false };
}

function spansToTry({ span, lookBackSeconds, nowSeconds }: DiscoveryOptions): SpanMs[] {
  if (span !== undefined) {
    return [{ startMs: Math.round(span.startSeconds * 1000), endMs: Math.round(span.endSeconds * 1000) }];
  }
  const endMs = Math.ceil(nowSeconds * 1000);
  return [lookBackSeconds, ...FARTHEST_SECONDS.filter((each) => each > lookBackSeconds)].map((seconds) => ({
    startMs: endMs - Math.round(seconds * 1000),
    endMs,
  }));
}

interface Looking {
  readonly matchers: readonly Matcher[];
  readonly within: SpanMs;
  readonly metadata: ReadonlyMap<string, RemoteMetadata>;
}

async function findTargets(api: RemoteApi, looking: Looking): Promise<RemoteTarget[]> {
  const { matchers, within } = looking;
  if (matchers.length > 0) return targetsOf(await listSeries(api, matchers, within), looking);
  const known: Matcher = { label: "__name__", operator: "=~", value: KNOWN_SERVERS };
  const noBucket: Matcher = { label: "le", operator: "=", value: "" };
  const found = await api.series([selectorOf([], [known, noBucket])], within);
  const instances = [...new Set(found.map((labels) => labels.instance ?? ""))].filter((each) => each !== "");
  const keys = new Set(found.map(targetKey));
  const listed: Labels[] = found.filter((labels) => (labels.instance ?? "") === "");
  for (let i = 0; i < instances.length; i += TARGETS_PER_REQUEST) {
    const some = oneOf(instances.slice(i, i + TARGETS_PER_REQUEST));
    const of = await listSeries(api, [{ label: "instance", operator: "=~", value: some }], within);
    // A rule's series may have kept the instance alone: it is that of the target that was read.
    listed.push(
      ...of.filter((labels) =>
        keys.has(targetKey(labels)) || keys.has(targetKey(withoutLabels(labels, ["job"])))
      ),
    );
  }
  return targetsOf(listed, looking);
}

/** Without buckets but the last: they are the bulk of all series. */
function listSeries(api: RemoteApi, matchers: readonly Matcher[], within: SpanMs): Promise<Labels[]> {
  const le = (value: string): Matcher => ({ label: "le", operator: "=", value });
  return api.series(["", "+Inf"].map((value) => selectorOf([], [...matchers, le(value)])), within);
}

/** What tells targets apart. */
export function targetKey(labels: Labels): string {
  return JSON.stringify([labels.job ?? "", labels.instance ?? ""]);
}

function targetsOf(listed: readonly Labels[], { metadata }: Looking): RemoteTarget[] {
  const groups = new Map<string, Labels[]>();
  for (const labels of listed) {
    const group = groups.get(targetKey(labels));
    if (group === undefined) groups.set(targetKey(labels), [labels]);
    else group.push(labels);
  }
  const targets = withoutRules([...groups.values()]);
  const instances = targets.map(([first]) => first?.instance ?? "");
  return targets.map((group): RemoteTarget => {
    const { job, instance } = group[0]!;
    const shared = instances.filter((each) => each === (instance ?? "")).length > 1;
    const names = new Set(group.map(({ __name__ = "" }) => __name__));
    const id = instance === undefined ? job ?? "unnamed" : shared ? `${job ?? ""}/${instance}` : instance;
    const definitions = group.map(({ __name__: name = "", ...labels }, index): SeriesDefinition => ({
      id: index,
      name,
      labels,
      ...familyOf({ name, labels }, names, metadata),
    }));
    const own = { ...(job === undefined ? {} : { job }), ...(instance === undefined ? {} : { instance }) };
    const metas = familiesOf(definitions);
    return { id, labels: own, collector: {}, definitions, metas, names, witness: witnessOf(names) };
  }).sort((a, b) => a.id < b.id ? -1 : 1);
}

/**
 * Recording rules leave only some of a target's labels: what has no `up`, and lacks the job or the instance, is no target where
 * one that was read has what is left of them.
 */
function withoutRules(groups: readonly (readonly Labels[])[]): readonly (readonly Labels[])[] {
  const isRead = (group: readonly Labels[]) => group.some(({ __name__: name }) => name === "up");
  const read = groups.filter(isRead);
  return groups.filter((group) => {
    const { job, instance } = group[0]!;
    if (isRead(group) || (job !== undefined && instance !== undefined)) return true;
    return !read.some(([of]) =>
      (job === undefined || of?.job === job) && (instance === undefined || of?.instance === instance)
    );
  });
}

function witnessOf(names: ReadonlySet<string>): string {
  return ["up", "process_start_time_seconds"].find((name) => names.has(name)) ??
    [...names].filter((name) => !name.endsWith("_bucket")).sort()[0] ?? [...names][0]!;
}

/** Conditions that only a target's series meet. */
export function matchersOf(targets: readonly RemoteTarget[]): Matcher[] {
  const collectors = Object.keys(targets[0]?.collector ?? {})
    .filter((label) => targets.every(({ collector }) => Object.hasOwn(collector, label)))
    .map((label): Matcher => {
      const values = new Set(targets.flatMap(({ collector }) => collector[label] ?? []));
      return { label, operator: "=~", value: oneOf([...values].sort()) };
    });
  const own = (["job", "instance"] as const).flatMap((label): Matcher[] => {
    const values = [...new Set(targets.map(({ labels }) => labels[label] ?? ""))];
    // Many are left to the lab: the text must fit into an address.
    if (values.length === 0 || values.length > TARGETS_PER_REQUEST) return [];
    return [
      values.length === 1
        ? { label, operator: "=", value: values[0]! }
        : { label, operator: "=~", value: oneOf(values) },
    ];
  });
  return [...own, ...collectors];
}

/** Lists of series name some that have no sample in the span: only counting tells. */
async function withData(
  api: RemoteApi,
  looking: {
    readonly candidates: readonly RemoteTarget[];
    readonly within: SpanMs;
    readonly matchers: readonly Matcher[];
  },
): Promise<{ readonly targets: readonly RemoteTarget[]; readonly span: SpanMs } | undefined> {
  const { candidates, within } = looking;
  const stepMs = Math.max(1, Math.ceil((within.endMs - within.startMs + 1) / CELLS));
  const startMs = within.startMs - 1;
  const alive = new Set<string>();
  let startOfData = Infinity;
  let endOfData = -Infinity;
  for (const witness of new Set(candidates.map((target) => target.witness))) {
    const targets = candidates.filter((target) => target.witness === witness);
    const selector = selectorOf([witness], [...looking.matchers, ...matchersOf(targets)]);
    const known = new Set(targets.map(({ labels }) => targetKey(labels)));
    const cells = (await api.countCells(selector, { startMs, stepMs, count: CELLS }, ["job", "instance"]))
      .filter(({ labels, endsMs }) => known.has(targetKey(labels)) && endsMs.length > 0);
    const endsMs = [...new Set(cells.flatMap(({ endsMs }) => endsMs))]
      .filter((cellMs) => cellMs - stepMs < within.endMs).sort((a, b) => a - b);
    const pointsIn = async (cellMs: number): Promise<boolean> => {
      const cell = { startMs: cellMs - stepMs + 1, endMs: Math.min(cellMs, within.endMs) };
      let found = false;
      for (const series of await api.raw(selector, cell, 0)) {
        const key = targetKey(series.labels);
        if (!known.has(key) || series.timesMs.length === 0) continue;
        found = true;
        alive.add(key);
        startOfData = Math.min(startOfData, series.timesMs[0]!);
        endOfData = Math.max(endOfData, series.timesMs.at(-1)!);
      }
      return found;
    };
    // The last cell may reach beyond the end: what it counted there was read after that, and is none of these points.
    for (const { labels, endsMs } of cells) {
      if (endsMs.some((cellMs) => cellMs <= within.endMs)) alive.add(targetKey(labels));
    }
    for (const cellMs of endsMs.toReversed()) if (await pointsIn(cellMs)) break;
    const [firstMs] = endsMs;
    if (firstMs !== undefined && firstMs !== endsMs.at(-1)) await pointsIn(firstMs);
  }
  if (!(startOfData <= endOfData)) return undefined;
  return {
    targets: candidates.filter(({ labels }) => alive.has(targetKey(labels))),
    span: { startMs: startOfData, endMs: endOfData },
  };
}

function shareNames(targets: readonly RemoteTarget[]): boolean {
  const seen = new Set<string>();
  for (const { names } of targets) {
    for (const name of names) if (seen.has(name)) return true;
    names.forEach((name) => seen.add(name));
  }
  return false;
}

/** Series by the target that they belong to, in the order of the targets; others are left out. */
export function byTarget(
  series: readonly RawSeries[],
  targets: readonly RemoteTarget[],
): ReadonlyMap<RemoteTarget, RawSeries[]> {
  const byKey = Map.groupBy(targets, ({ labels }) => targetKey(labels));
  const found = new Map<RemoteTarget, RawSeries[]>(targets.map((target) => [target, []]));
  for (const one of series) {
    const target = byKey.get(targetKey(one.labels))?.find((each) => belongsTo(one.labels, each));
    if (target !== undefined) found.get(target)!.push(one);
  }
  return new Map([...found].filter(([, own]) => own.length > 0));
}
