/**
 * Targets that share an instance: one server that several collectors read, or several servers behind one name.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import { familiesOf } from "../series/selection.ts";
import type { Matcher } from "../series/types.ts";
import type { RemoteTarget } from "./discovery.ts";
import { oneOf, selectorOf } from "./promql.ts";
import type { RawSeries, RemoteApi, SpanMs } from "./remote_api.ts";

/** What one `up` tells of. */
interface Reading {
  readonly target: RemoteTarget;
  readonly labels: Labels;
  readonly names: ReadonlySet<string>;
  /** First and last time it was read. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly goodCount: number;
  /** When its process began, each time that it did. */
  readonly starts: ReadonlySet<number>;
}

const START = "process_start_time_seconds";
/** Labels by which collectors that read the same are told apart, where no start says that it is one process. */
const COLLECTOR = /replica|prometheus|collector/i;
/** So much of what the other shows must a copy show, too, for the other to be left aside. */
const SAME_NAMES = 0.9;

/**
 * Leaves one of several readings of a server (a highly available pair of Prometheus, two jobs that scrape one address): all of
 * them would count twice. Readings with the same `job` and `instance` of different processes (of two clusters) become targets of
 * their own. Asks nothing where each instance was read by one.
 */
export async function toldApart(
  api: RemoteApi,
  looking: {
    readonly targets: readonly RemoteTarget[];
    readonly span: SpanMs;
    readonly matchers: readonly Matcher[];
  },
): Promise<readonly RemoteTarget[]> {
  const { targets, span } = looking;
  const unclear = [...Map.groupBy(targets, ({ labels }) => labels.instance ?? "")].filter((
    [instance, same],
  ) => instance !== "" && same.reduce((sum, target) => sum + upsOf(target).length, 0) > 1);
  if (unclear.length === 0) return targets;
  const instance: Matcher = {
    label: "instance",
    operator: "=~",
    value: oneOf(unclear.map(([name]) => name)),
  };
  const ups = unclear.flatMap(([, same]) => same.flatMap(upsOf)).length;
  // At most a point a second of each.
  const most = Math.ceil((span.endMs - span.startMs) / 1000) * ups * 2;
  const series = await api.raw(selectorOf(["up", START], [...looking.matchers, instance]), span, most);
  const result = new Map(targets.map((target) => [target, [target]]));
  for (const [name, same] of unclear) {
    const instead = apart(same, series);
    const left = [...instead.values()].flat();
    for (const [target, parts] of instead) {
      // One alone needs no job before its name.
      result.set(
        target,
        left.length === 1 && left[0]!.labels.exported_instance === undefined
          ? parts.map((part) => ({ ...part, id: name }))
          : parts,
      );
    }
  }
  return [...result.values()].flat().sort((a, b) => a.id < b.id ? -1 : 1);
}

/** Whether a series with the target's job and instance is one of it, and not another server's or another collector's. */
export function belongsTo(
  series: Labels,
  { labels, collector }: Pick<RemoteTarget, "labels" | "collector">,
): boolean {
  return Object.entries(labels).every(([name, value]) => series[name] === value) &&
    Object.entries(collector).every(([name, values]) => values.includes(series[name] ?? ""));
}

function upsOf({ definitions }: RemoteTarget): readonly Labels[] {
  return definitions.filter(({ name }) => name === "up").map(({ labels }) => labels);
}

function apart(
  targets: readonly RemoteTarget[],
  series: readonly RawSeries[],
): Map<RemoteTarget, RemoteTarget[]> {
  const all = targets.flatMap((target) =>
    upsOf(target).flatMap((labels) => readingOf(target, labels, series))
  );
  // What passes series of others on (`/federate`) has an `up` of its own, and shows nothing itself.
  const passing = new Set(all.filter(isPassedOn).map(({ target }) => target));
  const showing = all.filter((reading) => isPassedOn(reading) || !passing.has(reading.target));
  const readings = showing.sort((a, b) =>
    b.goodCount - a.goodCount || b.names.size - a.names.size || (textOf(a) < textOf(b) ? -1 : 1)
  );
  const best = readings[0]?.goodCount ?? 0;
  // Who read nearly as often is as good: the choice does not change with a scrape more.
  readings.sort((a, b) => rankOf(b, best) - rankOf(a, best) || (textOf(a) < textOf(b) ? -1 : 1));
  const kept: { readonly reading: Reading; readonly copies: Reading[] }[] = [];
  for (const reading of readings) {
    const original = kept.find((one) => isCopy(reading, one.reading));
    if (original === undefined) kept.push({ reading, copies: [] });
    else original.copies.push(reading);
  }
  return new Map(targets.map((target) => {
    const own = kept.filter(({ reading }) => reading.target === target);
    // Series with labels of no `up` alone, or none that was read in this time: as it was.
    if (!all.some((reading) => reading.target === target)) return [target, [target]];
    const split = own.some(({ reading: a }) => own.some(({ reading: b }) => a !== b && overlap(a, b)));
    const labels = own.map(({ reading }) => reading.labels);
    // What was passed on is told by its own instance, one or many.
    const passedOn = passing.has(target);
    const apart = split ? tellingOf(labels) : [];
    const telling = passedOn ? [...new Set([...apart, "exported_instance"])] : apart;
    if (!split && !passedOn) return [target, own.length === 0 ? [] : [narrowed(target, {}, own)]];
    const groups = Map.groupBy(
      own,
      ({ reading }) => JSON.stringify(telling.map((name) => reading.labels[name])),
    );
    return [
      target,
      [...groups.values()].map((group) => {
        const of = telling.flatMap((name) => {
          const value = group[0]!.reading.labels[name];
          return value === undefined ? [] : [[name, value] as const];
        });
        return narrowed(target, Object.fromEntries(of), group);
      }),
    ];
  }));
}

function isPassedOn({ labels }: Reading): boolean {
  return labels.exported_instance !== undefined;
}

function rankOf({ goodCount, names }: Reading, best: number): number {
  return Math.ceil(20 * goodCount / Math.max(1, best)) * 1e6 + names.size;
}

function textOf({ labels }: Reading): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1));
}

function readingOf(target: RemoteTarget, labels: Labels, series: readonly RawSeries[]): Reading[] {
  const own = Object.entries(labels);
  const has = (of: Labels, wanted: Labels) =>
    Object.entries(wanted).every(([name, value]) => of[name] === value);
  // Another `up` that says more of a series is the one that it belongs to.
  const closer = upsOf(target).filter((up) => Object.keys(up).length > own.length && has(up, labels));
  const isOwn = (one: { readonly labels: Labels }) =>
    has(one.labels, labels) && !closer.some((up) => has(one.labels, up));
  const found = series.filter(isOwn);
  const up = found.find(({ name, labels: of }) => name === "up" && Object.keys(of).length === own.length);
  if (up === undefined || up.timesMs.length === 0) return [];
  const starts = found.filter(({ name }) => name === START).flatMap(({ values }) => values);
  const shown = target.definitions.filter(isOwn);
  return [{
    target,
    labels,
    names: new Set(shown.map(({ name }) => name)),
    firstMs: up.timesMs[0]!,
    lastMs: up.timesMs.at(-1)!,
    goodCount: up.values.filter((value) => value === 1).length,
    starts: new Set(starts.filter((value) => !Number.isNaN(value))),
  }];
}

/** Both go on at one time; a target whose labels were changed has one after the other. */
function overlap(a: Reading, b: Reading): boolean {
  const shared = Math.min(a.lastMs, b.lastMs) - Math.max(a.firstMs, b.firstMs);
  return shared > 0.1 * Math.min(a.lastMs - a.firstMs, b.lastMs - b.firstMs);
}

function isCopy(of: Reading, original: Reading): boolean {
  if (!overlap(of, original)) return false;
  const also = [...of.names].filter((name) => original.names.has(name)).length;
  if (also < SAME_NAMES * of.names.size && of.goodCount > 0) return false;
  if (of.starts.size > 0 && original.starts.size > 0) {
    return [...of.starts].some((start) => original.starts.has(start));
  }
  return differing([of.labels, original.labels]).every((name) => COLLECTOR.test(name));
}

/** Names of labels that are not the same in all. */
function differing(labels: readonly Labels[]): string[] {
  const names = new Set(labels.flatMap((each) => Object.keys(each)));
  return [...names].filter((name) => new Set(labels.map((each) => each[name])).size > 1).sort();
}

/** What was passed on keeps its own instance as `exported_instance`. */
function idOf(id: string, { exported_instance: instance, ...others }: Labels): string {
  return [...Object.values(others), instance ?? id].join("/");
}

/** The labels that it takes to tell all apart: first those of what was passed on, those of collectors last. */
function tellingOf(labels: readonly Labels[]): string[] {
  const rank = (name: string) => name.startsWith("exported_") ? 0 : COLLECTOR.test(name) ? 2 : 1;
  const all = differing(labels).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const valuesOf = (names: readonly string[]) =>
    new Set(labels.map((each) => JSON.stringify(names.map((name) => each[name])))).size;
  let taken: string[] = [];
  for (const name of all) if (valuesOf([...taken, name]) > valuesOf(taken)) taken = [...taken, name];
  return taken.sort();
}

/** The part of a target's series that some of its readings stand for. */
function narrowed(
  target: RemoteTarget,
  own: Labels,
  kept: readonly { readonly reading: Reading; readonly copies: readonly Reading[] }[],
): RemoteTarget {
  const collector = new Map<string, string[]>();
  for (const { reading, copies } of kept) {
    const ofTarget = copies.filter((copy) => copy.target === target).map(({ labels }) => labels);
    for (const name of differing([reading.labels, ...ofTarget])) {
      // What no collector marked (a rule's series) belongs to all, unless that is how a copy is marked.
      const unmarked = ofTarget.every((labels) => labels[name] !== undefined) ? [""] : [];
      const values = [...collector.get(name) ?? [], ...unmarked, reading.labels[name] ?? ""];
      collector.set(name, [...new Set(values)]);
    }
  }
  const readings = kept.reduce((most, { copies }) => Math.max(most, copies.length + 1), 1);
  if (Object.keys(own).length === 0 && readings === 1) return target;
  const narrow = {
    ...target,
    id: idOf(target.id, own),
    labels: { ...target.labels, ...own },
    collector: Object.fromEntries(collector),
    ...(readings === 1 ? {} : { readings }),
  };
  const definitions = target.definitions.filter(({ labels }) => belongsTo(labels, narrow));
  return {
    ...narrow,
    definitions,
    names: new Set(definitions.map(({ name }) => name)),
    metas: familiesOf(definitions),
  };
}
