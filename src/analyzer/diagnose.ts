/**
 * From a source to findings.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { LabEvent, MetricSource, RequestRecord, TimeSpan } from "../series/types.ts";
import { type AbsenceContext, absenceContext, absenceOf } from "./absence.ts";
import {
  bandwidthBoundFinding,
  busyWindows,
  cannotTell,
  isIdle,
  LEAST_WINDOWS,
  underUsedFinding,
  unexplainedLatency,
} from "./calm.ts";
import { findEpisodes, foldEffects, type RankedFinding } from "./episodes.ts";
import { withDetails } from "./finding_details.ts";
import { type Confidence, type Finding, FINDING_CODES, type FindingCode, type Severity } from "./findings.ts";
import { healthyFinding, idleFinding } from "./healthy.ts";
import { leastSeconds, measureFrames, type Scope, type ServerFrames } from "./frames.ts";
import { shrunkCacheFindings } from "./kv_blocks.ts";
import { framesWithin, isIn, isOf, type LookBack, lookBack, ofSpan } from "./look_back.ts";
import { type BlindRule, blindRules, type Judged, type JudgedMoment, judgeFrames } from "./moments.ts";
import { withNewLives } from "./new_life.ts";
import { doubtAtEnd, type EndDoubt, measureEnds, type Turn, turnAt } from "./run_end.ts";
import type { StepModel } from "./step_model.ts";
import { trustFindings } from "./trust.ts";
import { neverRead, outagesWithin } from "./unread.ts";
import { type Unwatched, unwatchedTime } from "./unwatched.ts";
import { readWork } from "./work.ts";

/** How {@link diagnose} looks. */
export interface DiagnoseOptions {
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  /** Default 30 s, at least four scrape intervals. */
  readonly windowSeconds?: number;
  /** From one window to the next; default a third of the window. */
  readonly stepSeconds?: number;
  /** Earlier findings stay silent that ended before this instant: what a live view wants. Default none. */
  readonly sinceSeconds?: number;
  /**
   * Leaves out what only the last window shows: a live view looks again, and what is true stays. Default false, as of a run
   * that has ended: nothing comes that could confirm it.
   */
  readonly confirmedOnly?: boolean;
  /**
   * From so many seconds before the span's end on the source is read, for what was usual before the span; nothing is told of that
   * time. Default 600: a longer span is judged by itself. 0: by itself, too.
   */
  readonly knownSeconds?: number;
}

/** What was looked at and what was found. */
export interface Diagnosis {
  /** Undefined for an empty source. */
  readonly span: TimeSpan | undefined;
  /** What matters most first; never empty. */
  readonly findings: readonly Finding[];
  /** Length of a window of the first server; 0 where none was judged. */
  readonly windowSeconds: number;
  /** From the start of one window to the next; shorter than a window where they overlap. */
  readonly stepSeconds: number;
  /** Windows judged, over all servers. */
  readonly windows: number;
  /** Verdicts that could not be given or excluded, for lack of the data named. */
  readonly blind: readonly ({ readonly target: string } & BlindRule)[];
  /** Per engine, where there was enough work to learn it. */
  readonly stepModels: readonly {
    readonly target: string;
    readonly engine?: string;
    readonly model: StepModel;
  }[];
}

/**
 * Judges every window of every server by rules (see `rules/`), joins windows to episodes, folds effects into causes.
 *
 * Never silent: without findings it says healthy, idle, or why nothing can be told. What a rule needs and the source
 * lacks makes that rule silent, not content.
 */
export async function diagnose(source: MetricSource, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const span = options.span ?? await source.span();
  if (span === undefined) return nothing(undefined, { code: "no_data" });
  const inside = await measureFrames(source, { ...options, span });
  const events = await source.events(span);
  if (inside.length === 0) return withoutServers(await absenceContext(source, span), events, span);
  const alone = { source, span, servers: inside, events };
  const looked = await lookBack(alone, options);
  const known = await diagnoseKnown(looked, { ...options, span });
  if (looked === alone || known.findings.some(isCause)) return known;
  // Windows are shorter in a short span, and more: they may tell what is lost in those that reach back before it.
  const short = await diagnoseKnown(alone, { ...options, span });
  const isShort = known.findings.some(({ missing }) => missing?.code === "window_not_covered");
  return isShort || short.findings.some(isCause) ? short : known;
}

/** Judged by windows, and more than a note. */
function isCause({ severity, params }: Finding): boolean {
  return severity !== "info" && params.seenSeconds !== undefined;
}

async function diagnoseKnown(
  looked: LookBack,
  options: DiagnoseOptions & { readonly span: TimeSpan },
): Promise<Diagnosis> {
  const { servers } = looked;
  const { span, confirmedOnly = false, sinceSeconds: since = -Infinity } = options;
  const found: RankedFinding[] = [];
  const stepModels: { target: string; engine?: string; model: StepModel }[] = [];
  const requests = servers.length === 1 ? await looked.source.requests(looked.span) : [];
  for (const server of servers) {
    const diagnosed = await diagnoseServer(looked.source, {
      server,
      events: looked.events,
      span,
      knownSpan: looked.span,
      confirmedOnly,
      requests,
    });
    found.push(...diagnosed.found);
    stepModels.push(...diagnosed.models);
  }
  const kept = ofSpan(withoutOutageEffects(foldEffects(found)), { found, span }).filter(({ finding }) =>
    finding.span.endSeconds >= since
  );
  const unread = (await neverRead(looked, span)).filter(({ span }) => span.endSeconds >= since);
  const detailed: RankedFinding[] = [];
  for (const one of kept) {
    const server = servers.find(({ target }) => target === one.finding.target)!;
    detailed.push(await withDetails(looked.source, one, { server, requests }));
  }
  return {
    span,
    findings: rank([...detailed, ...unread.map((finding) => ({ finding, lossSeconds: 0 }))]),
    windowSeconds: servers[0]!.windowSeconds,
    stepSeconds: servers[0]!.stepSeconds,
    windows: servers.reduce((sum, { server }) => sum + framesWithin(server.frames, span).length, 0),
    blind: servers.flatMap(blindnessOf),
    stepModels,
  };
}

function nothing(span: TimeSpan | undefined, missing: Cause): Diagnosis {
  const window = span ?? { startSeconds: NaN, endSeconds: NaN };
  const finding = cannotTell({ target: "", span: window }, missing);
  return {
    span,
    findings: [finding],
    windowSeconds: 0,
    stepSeconds: 0,
    windows: 0,
    blind: [],
    stepModels: [],
  };
}

/** No target says how many requests run: its reads failed from the start, or it is no inference server. */
function withoutServers(
  context: AbsenceContext,
  events: readonly LabEvent[],
  span: TimeSpan,
): Diagnosis {
  const empty = nothing(span, absenceOf("running", context));
  const outages = outagesWithin(context.facts, { events, span });
  const targets = context.facts.map((fact) => fact.target).join(", ");
  return {
    ...empty,
    findings: [...outages, ...empty.findings.map((one) => ({ ...one, params: { ...one.params, targets } }))],
  };
}

function blindnessOf(server: ServerFrames): ({ target: string } & BlindRule)[] {
  const { target, engines } = server;
  const { frames } = server.server;
  return [...blindRules(frames, "engine", engines.length), ...blindRules(frames, "server", engines.length)]
    .map((rule) => ({ target, ...rule }));
}

interface ServerWork {
  readonly server: ServerFrames;
  readonly events: readonly LabEvent[];
  /** What is asked about, and what is known. */
  readonly span: TimeSpan;
  readonly knownSpan: TimeSpan;
  readonly confirmedOnly: boolean;
  readonly requests: readonly RequestRecord[];
}

async function diagnoseServer(
  source: MetricSource,
  { server, events, span, knownSpan, confirmedOnly, requests }: ServerWork,
): Promise<{ found: RankedFinding[]; models: { target: string; engine?: string; model: StepModel }[] }> {
  const { target, facts } = server;
  const trusted = await withNewLives(source, trustFindings(server, events, span), server);
  const found: RankedFinding[] = trusted.map((finding) => ({ finding, lossSeconds: 0 }));
  const models: { target: string; engine?: string; model: StepModel }[] = [];
  const version = facts?.version === undefined ? {} : { version: facts.version };
  const only = server.engines.length === 1;
  for (const finding of await shrunkCacheFindings(source, { target, only, span })) {
    found.push({ finding, lossSeconds: 0 });
  }
  const scopes: readonly Scope[] = only ? [server.engines[0]!] : [...server.engines, server.server];
  const calm: { scope: Scope; judged: Judged }[] = [];
  for (const scope of scopes) {
    const name = scope.engine === undefined || scope.engine === "" || only ? {} : { engine: scope.engine };
    // Engines step on their own: a server's added-up steps have no step time.
    const work = scope.engine === undefined ? undefined : await readWork(source, {
      target,
      engine: scope.labels?.engine ?? scope.engine,
      ...(scope.labels === undefined ? {} : { model: scope.labels.model }),
      span: knownSpan,
    });
    const judged = judgeFrames(scope.frames, {
      scope: only ? "only_engine" : scope.engine === undefined ? "server" : "engine",
      facts,
      events,
      target,
      intervalSeconds: server.intervalSeconds,
      ...(work === undefined ? {} : { work }),
      ...(scope.engine === undefined ? { engines: server.engines } : {}),
    });
    const { moments, model } = judged;
    if (model !== undefined) models.push({ target, ...name, model });
    found.push(...findEpisodes(moments, { target, ...name, ...version, confirmedOnly }));
    calm.push({ scope, judged });
  }
  const told = found.filter(({ finding }) => isOf(finding, span));
  const { moments } = calm.at(-1)!.judged;
  const summary = moments.filter(({ moment }) => isIn(moment.frame.window, span));
  const workedSinceSeconds = busyWindows(moments)[0]?.moment.frame.window.startSeconds ?? span.startSeconds;
  const ending = async () => {
    let doubt: EndDoubt | undefined;
    for (const { scope, judged } of calm) {
      const ends = (await measureEnds(source, { server, scope, requests })).map(judged.next);
      const turn = turnAt(ends);
      if (turn !== undefined) return { turn };
      doubt ??= doubtAtEnd(ends);
    }
    return doubt === undefined ? {} : { doubt };
  };
  return {
    found: [
      ...found,
      ...await calmFindings(summary, {
        server,
        span,
        workedSinceSeconds,
        found: told,
        ending,
        unwatched: () => unwatchedTime(source, server, span),
      }),
    ],
    models,
  };
}

/** Notes beside which a server is not called healthy. */
const NOT_HEALTHY: ReadonlySet<FindingCode> = new Set<FindingCode>(["waiting_unexplained", "engine_slow"]);

/** Causes beside which the server may have one of its own. */
const ABOUT_CLIENTS: ReadonlySet<FindingCode> = new Set<FindingCode>(["client_saturated"]);

/** What to say where no cause was found in (most of) the time. */
async function calmFindings(
  judged: readonly JudgedMoment[],
  { server, span, workedSinceSeconds, found, ending, unwatched }: {
    server: ServerFrames;
    span: TimeSpan;
    workedSinceSeconds: number;
    found: readonly RankedFinding[];
    ending: () => Promise<{ readonly turn?: Turn; readonly doubt?: EndDoubt }>;
    unwatched: () => Promise<Unwatched | undefined>;
  },
): Promise<RankedFinding[]> {
  const context = { target: server.target, span, workedSinceSeconds };
  const say = (finding: Finding | undefined) => finding === undefined ? [] : [{ finding, lossSeconds: 0 }];
  // Windows of its beginning reach back to what was before it.
  const own = judged.filter(({ moment }) => moment.frame.window.startSeconds >= span.startSeconds - 1);
  if (isIdle(judged) || (own.length > 0 && isIdle(own))) {
    return say(idleFinding(judged, context, await unwatched()));
  }
  const graver = found.filter(({ finding }) => finding.severity !== "info" || NOT_HEALTHY.has(finding.code));
  if (graver.length > 0) {
    // That the load generator is at its limit says nothing of the server: what its own queue shows stands beside it.
    const ofServer = graver.some(({ finding }) => !ABOUT_CLIENTS.has(finding.code));
    const turned = ofServer ? undefined : (await ending()).turn;
    return turned === undefined ? [] : say(cannotTell(context, turned.missing, turned));
  }
  const unexplained = unexplainedLatency(judged);
  if (unexplained !== undefined) return say(cannotTell(context, unexplained));
  const { turn, doubt: atEnd } = await ending();
  if (turn !== undefined) return say(cannotTell(context, turn.missing, turn));
  const healthy = healthyFinding(judged, context, { atEnd, unwatched: await unwatched() });
  if (healthy === undefined) return say(cannotTell(context, missingForHealth(judged, server)));
  return [
    ...say(healthy),
    ...say(bandwidthBoundFinding(judged, context)),
    ...say(underUsedFinding(judged, context, server.facts?.maxNumSequences)),
  ];
}

/** Either the server does not tell what it does, or it was not watched at work for long enough. */
function missingForHealth(judged: readonly JudgedMoment[], server: ServerFrames): Cause {
  const silent = judged.every(({ moment: { numbers } }) => numbers.running_mean === undefined);
  if (silent && judged.length > 1) return { code: "no_data" };
  const told = judged.some(({ moment: { numbers } }) =>
    numbers.steps !== undefined || numbers.generation_rate !== undefined
  );
  const busy = busyWindows(judged);
  const wanted = Math.ceil(Math.max(
    leastSeconds(LEAST_WINDOWS, server.intervalSeconds),
    server.windowSeconds + (LEAST_WINDOWS - 1) * server.stepSeconds,
  ));
  if (!told && judged.length > 1) {
    return { code: "quantity_not_exposed", params: { quantity: "iteration_tokens" } };
  }
  const covered = busy.length === 0 ? 0 : server.windowSeconds + (busy.length - 1) * server.stepSeconds;
  return {
    code: "window_not_covered",
    params: { coveredSeconds: Math.floor(covered), windowSeconds: wanted },
  };
}

/** While a server is down its requests fail: that is the restart, not a finding of its own. */
function withoutOutageEffects(found: readonly RankedFinding[]): RankedFinding[] {
  const outages = found.filter((one) =>
    one.finding.code === "server_restarted" ||
    (one.finding.code === "scrapes_failing" && one.finding.params.scattered !== "yes")
  );
  return found.filter(({ finding }) =>
    finding.code !== "requests_failing" ||
    !outages.some((outage) =>
      outage.finding.target === finding.target &&
      outage.finding.span.startSeconds <= finding.span.endSeconds &&
      finding.span.startSeconds <= outage.finding.span.endSeconds
    )
  );
}

const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];
const CONFIDENCES: readonly Confidence[] = ["high", "medium", "low"];

/** What is gone now, then by severity, then confidence, then what it cost, then the order of the table. */
function rank(found: readonly RankedFinding[]): Finding[] {
  const key = ({ finding, lossSeconds }: RankedFinding) => [
    // A server that is gone has no other trouble any more.
    finding.params.gone === "yes" ? 0 : 1,
    SEVERITIES.indexOf(finding.severity),
    CONFIDENCES.indexOf(finding.confidence),
    -Math.min(lossSeconds, 1e15),
    FINDING_CODES.indexOf(finding.code),
    finding.span.startSeconds,
  ];
  const compare = (a: RankedFinding, b: RankedFinding) => {
    const [first, second] = [key(a), key(b)];
    const at = first.findIndex((value, i) => value !== second[i]);
    return at < 0 ? 0 : first[at]! - second[at]!;
  };
  return found.toSorted(compare).map((one) => one.finding);
}
