/**
 * What the lab measures itself (this machine, its GPUs, what clients saw), for a Prometheus that scrapes it.
 *
 * @module
 */
import {
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  COUNT,
  FUNCTION,
  needed,
  NUMBER,
  POSITIVE,
  TEXT,
} from "../base/arguments.ts";
import { SOURCE } from "../series/arguments.ts";
import type { Clock } from "../base/clock.ts";
import type { Labels, MetricFamily, Sample } from "../parser/types.ts";
import { sampleNamesOf } from "../export/reading.ts";
import { withUnitOfName } from "../parser/unit_suffix.ts";
import { writeExposition } from "../parser/write.ts";
import { boundOf, labelsKey } from "../series/labels.ts";
import type { MetricSource, Series } from "../series/types.ts";
import { TARGET_INFO } from "./target_info.ts";

/** Which series are shown, and for how long. */
export interface ExposeOptions {
  /** Of a family's name; default those of the lab's own (`lab_…`): a server's metrics are better scraped from the server. */
  readonly wanted?: (name: string) => boolean;
  /** A series without a point for so long is not shown; default 60 s, so that slow readings are. */
  readonly freshSeconds?: number;
}

const EXPOSE_CHECKS: Checks<ExposeOptions> = { wanted: FUNCTION, freshSeconds: POSITIVE };

const FRESH_SECONDS = 60;

/**
 * The newest value of each series as families, with the target as label `target`, and one `lab_target_info` for each target. A
 * series that was marked absent after its newest point, or has none that is fresh, is left out: a scrape that finds nothing is a
 * gap, and never an old value. Values have no times of their own: the scrape gives them its own.
 *
 * @param nowSeconds Unix seconds
 */
export async function newestFamilies(
  source: MetricSource,
  nowSeconds: number,
  options: ExposeOptions = {},
): Promise<MetricFamily[]> {
  const call = "newestFamilies(collector, lab.clock.nowSeconds())";
  checkArgument(call, { source }, SOURCE);
  checkArgument(call, { nowSeconds }, NUMBER);
  checkOptions<ExposeOptions>(call, options, EXPOSE_CHECKS, {
    also: ["clock", "port", "hostname", "onError"],
  });
  const { wanted = (name) => name.startsWith("lab_"), freshSeconds = FRESH_SECONDS } = options;
  const span = { startSeconds: nowSeconds - freshSeconds, endSeconds: nowSeconds };
  const families: MetricFamily[] = [];
  for (const meta of await source.describe()) {
    if (!wanted(meta.name) || meta.name === TARGET_INFO.name) continue;
    const parts = await Promise.all(
      sampleNamesOf(meta).map((name) => source.select({ name }, span)),
    );
    const samples = parts.flat().flatMap((series) => newestSample(series) ?? []);
    if (samples.length > 0) families.push({ ...withUnitOfName(meta), samples: inOrder(samples) });
  }
  const facts = await source.facts();
  if (facts.length > 0) families.push(infoFamily(facts));
  return families;
}

function infoFamily(facts: Awaited<ReturnType<MetricSource["facts"]>>): MetricFamily {
  return {
    ...TARGET_INFO.meta,
    samples: facts.map((fact) => ({
      name: TARGET_INFO.name,
      labels: { target: fact.target, ...TARGET_INFO.labelsOf(fact) },
      value: 1,
    })),
  };
}

/** Undefined where the series is absent now. */
function newestSample(
  { name, labels, sampler, timesSeconds, values, staleSeconds }: Series,
): Sample | undefined {
  const value = values.at(-1);
  if (value === undefined || (staleSeconds.at(-1) ?? -Infinity) > timesSeconds.at(-1)!) return undefined;
  return { name, labels: withTarget(labels, sampler), value };
}

function withTarget(labels: Labels, sampler: string | undefined): Labels {
  return sampler === undefined || labels.target !== undefined ? labels : { ...labels, target: sampler };
}

/** Buckets of a histogram stand together and ascend, as readers of the text expect; what has no bound keeps its order behind them. */
function inOrder(samples: readonly Sample[]): Sample[] {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => labelsKey(rest));
  return [...groups.values()].flatMap((group) =>
    group.toSorted((a, b) => comparePlaces(placeOf(a), placeOf(b)))
  );
}

/** Infinities are alike, which a difference would not say. */
function comparePlaces(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** Where a sample stands within its metric: buckets by bound, then what has none. */
function placeOf({ labels: { le } }: Sample): number {
  return le === undefined ? Number.POSITIVE_INFINITY : Math.min(boundOf(le), Number.MAX_VALUE);
}

/** Where and what. */
export interface ExporterOptions extends ExposeOptions {
  /** Tells the time. */
  readonly clock: Clock;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`; `0.0.0.0` lets other machines read. */
  readonly hostname?: string;
  /** Told when a read failed; the scraper gets a 500. */
  readonly onError?: (error: unknown) => void;
}

const EXPORTER_CHECKS: Checks<ExporterOptions> = {
  ...EXPOSE_CHECKS,
  clock: needed(CLOCK),
  port: COUNT,
  hostname: TEXT,
  onError: FUNCTION,
};

/** A running exporter. */
export interface Exporter extends AsyncDisposable {
  /** What a Prometheus scrapes. */
  readonly url: string;
  /** Frees the port. */
  stop(): Promise<void>;
}

const TYPES = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
} as const;

/**
 * Serves `/metrics`: Prometheus text, or OpenMetrics to whom asks for it.
 *
 * @throws Deno.errors.AddrInUse when the port is taken
 *
 * @example
 * ```ts
 * import { RealTimeMetricsCollector, serveExporter, realClock } from "#lab";
 *
 * await using collector = new RealTimeMetricsCollector({ targets: ["http://127.0.0.1:8000"] });
 * collector.start();
 * await using exporter = serveExporter(collector, { clock: realClock(), port: 9417 });
 * ```
 */
export function serveExporter(source: MetricSource, options: ExporterOptions): Exporter {
  const call = "serveExporter(collector, { clock: lab.clock, port: 9417 })";
  checkArgument(call, { source }, SOURCE);
  checkOptions<ExporterOptions>(call, options, EXPORTER_CHECKS, { instead: { host: "hostname" } });
  const { clock, port = 0, hostname = "127.0.0.1", onError = () => {} } = options;
  const server = Deno.serve({ hostname, port, onListen() {}, onError: failed }, answer);

  async function answer(request: Request): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    if (new URL(request.url).pathname !== "/metrics") return new Response(null, { status: 404 });
    const format = /application\/openmetrics-text/.test(request.headers.get("accept") ?? "")
      ? "openmetrics"
      : "prometheus";
    const text = writeExposition(await newestFamilies(source, clock.nowSeconds(), options), { format });
    return new Response(request.method === "HEAD" ? null : text, {
      headers: { "content-type": TYPES[format], "x-content-type-options": "nosniff" },
    });
  }

  function failed(error: unknown): Response {
    onError(error);
    return new Response(null, { status: 500 });
  }

  const stop = () => server.shutdown();
  return {
    url: `http://${hostname}:${server.addr.port}/metrics`,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
