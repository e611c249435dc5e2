/**
 * Metric families to exposition text.
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks, oneOf } from "../base/arguments.ts";
import { FAMILIES } from "./arguments.ts";
import { birthName, foldCreated, hasBirths } from "./created.ts";
import { escapeHelp, escapeName, escapeQuoted, isLegacyLabel, isLegacyName } from "./escaping.ts";
import type { EscapingScheme, ExpositionFormat } from "./grammar.ts";
import { formatNativeHistogram } from "./native_histogram.ts";
import type { Labels, MetricFamily, MetricType, Sample } from "./types.ts";

/** How {@link writeExposition} writes. */
export interface WriteOptions {
  /** Default "prometheus". */
  readonly format?: ExpositionFormat;
  /** How names beyond `[a-zA-Z_:][a-zA-Z0-9_:]*` are written; default "allow-utf-8", in quotes. */
  readonly escaping?: EscapingScheme;
}

const CHECKS: Checks<WriteOptions> = {
  format: oneOf(["prometheus", "openmetrics"]),
  escaping: oneOf(["allow-utf-8", "underscores", "dots", "values"]),
};

/**
 * Writes families as text. What `parseExposition` read from a text of the same format comes back the same when it is
 * read again. No families give "" (in OpenMetrics `# EOF`).
 *
 * Where the families come from the other format, sample names stay as they are and the rest is fitted: a counter's TYPE
 * line has its `_total` in Prometheus text and not in OpenMetrics; a counter without `_total` is "unknown" in
 * OpenMetrics, which has no such counter; info and stateset are gauges in Prometheus text; `_created` samples are
 * samples of their family in OpenMetrics and gauges of their own in Prometheus text, as `createdSeconds` are in both.
 * Prometheus text has no place for units, exemplars and native histograms (these samples are left out), for
 * fractions of a millisecond, and for blanks at the ends of a HELP (in neither for a carriage return at its end).
 */
export function writeExposition(families: readonly MetricFamily[], options: WriteOptions = {}): string {
  const call = "writeExposition(parseExposition(text))";
  checkArgument(call, { families }, FAMILIES);
  checkOptions<WriteOptions>(call, options, CHECKS);
  const escaping = options.escaping ?? "allow-utf-8";
  return options.format === "openmetrics"
    ? new OpenMetricsWriter(escaping).write(families)
    : new PrometheusWriter(escaping).write(families);
}

/** What both formats share: names, labels, numbers. */
class Writer {
  readonly lines: string[] = [];
  readonly #escaping: EscapingScheme;

  constructor(escaping: EscapingScheme) {
    this.#escaping = escaping;
  }

  metadata(keyword: string, name: string, text: string): void {
    const escaped = escapeName(name, this.#escaping);
    this.lines.push(`# ${keyword} ${isLegacyName(escaped) ? escaped : quoted(escaped)} ${text}\n`);
  }

  /** Name and labels of a sample. */
  series(name: string, labels: Labels): string {
    const escaped = escapeName(name, this.#escaping);
    const parts = isLegacyName(escaped) ? [] : [quoted(escaped)];
    for (const [label, value] of Object.entries(labels)) parts.push(`${this.#label(label)}=${quoted(value)}`);
    const braces = parts.length === 0 ? "" : `{${parts.join(",")}}`;
    return isLegacyName(escaped) ? escaped + braces : braces;
  }

  /** A colon is legal in metric names only, so a scheme made for these would leave it. */
  #label(label: string): string {
    if (isLegacyLabel(label)) return label;
    const escaped = escapeName(label, this.#escaping);
    return isLegacyLabel(escaped) ? escaped : quoted(label);
  }
}

class PrometheusWriter {
  readonly #writer: Writer;

  constructor(escaping: EscapingScheme) {
    this.#writer = new Writer(escaping);
  }

  write(families: readonly MetricFamily[]): string {
    for (const family of families) {
      const { own, created } = splitCreated(family);
      this.#family({ ...family, name: prometheusName(family), samples: own });
      if (created.length > 0) {
        this.#family({ name: created[0]!.name, type: "gauge", help: family.help, samples: created });
      }
    }
    return this.#writer.lines.join("");
  }

  #family({ name, type, help, samples }: MetricFamily): void {
    if (help !== "") this.#writer.metadata("HELP", name, escapeHelp(help));
    this.#writer.metadata("TYPE", name, PROMETHEUS_TYPE[type]);
    for (const sample of samples) {
      if (sample.native !== undefined) continue;
      const time = sample.timestampSeconds;
      const timestamp = time === undefined ? "" : ` ${Math.round(time * 1000)}`;
      const series = this.#writer.series(sample.name, sample.labels);
      this.#writer.lines.push(`${series} ${numberText(sample.value)}${timestamp}\n`);
    }
  }
}

const PROMETHEUS_TYPE: Readonly<Record<MetricType, string>> = {
  counter: "counter",
  gauge: "gauge",
  histogram: "histogram",
  summary: "summary",
  untyped: "untyped",
  unknown: "untyped",
  info: "gauge",
  stateset: "gauge",
  gaugehistogram: "histogram",
};

/** A TYPE line of Prometheus text names the samples themselves. */
function prometheusName({ name, type, samples }: MetricFamily): string {
  const suffix = type === "counter" ? "_total" : type === "info" ? "_info" : "";
  const full = name + suffix;
  return suffix !== "" && samples.length > 0 &&
      samples.every((sample) => sample.name === full || isCreated(sample))
    ? full
    : name;
}

function isCreated(sample: Sample): boolean {
  return sample.name.endsWith("_created");
}

/** A family's samples, and those that tell its birth: its own `_created` samples and its `createdSeconds`. */
function splitCreated(family: MetricFamily): { own: readonly Sample[]; created: readonly Sample[] } {
  if (!hasBirths(family)) return { own: family.samples, created: [] };
  const births = family.samples.filter((sample) => isBirth(family, sample));
  const own = family.samples.filter((sample) => !isBirth(family, sample));
  const created = new Map(births.map((sample) => [birthKey(sample), sample]));
  for (const sample of own) {
    const birth = birthOf(family, sample);
    if (birth !== undefined) created.set(birthKey(birth), birth);
  }
  return { own, created: [...created.values()] };
}

function isBirth(family: MetricFamily, sample: Sample): boolean {
  return isCreated(sample) && sample.name.length > family.name.length &&
    birthName(family, sample) === sample.name;
}

function birthOf(family: MetricFamily, sample: Sample): Sample | undefined {
  if (sample.createdSeconds === undefined) return undefined;
  return {
    name: birthName(family, sample),
    labels: withoutOwnLabels(sample.labels),
    value: sample.createdSeconds,
    ...(sample.timestampSeconds === undefined ? {} : { timestampSeconds: sample.timestampSeconds }),
  };
}

function birthKey({ name, labels }: Sample): string {
  return JSON.stringify([name, Object.entries(labels)]);
}

function withoutOwnLabels(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(([label]) => label !== "le" && label !== "quantile"),
  );
}

class OpenMetricsWriter {
  readonly #writer: Writer;

  constructor(escaping: EscapingScheme) {
    this.#writer = new Writer(escaping);
  }

  write(families: readonly MetricFamily[]): string {
    const written = needsFolding(families) ? foldCreated(families) : families;
    const names = new Set(written.map(({ name }) => name));
    for (const family of written) this.#family(family, openMetricsHead(family, names));
    return this.#writer.lines.join("") + "# EOF\n";
  }

  #family(family: MetricFamily, { name, type }: OpenMetricsHead): void {
    this.#writer.metadata("TYPE", name, type);
    if (family.unit !== undefined && family.unit !== "") this.#writer.metadata("UNIT", name, family.unit);
    if (family.help !== "") this.#writer.metadata("HELP", name, escapeQuoted(family.help));
    for (const group of groups(family, type)) for (const sample of group) this.#sample(sample);
    // What is no counter here has no births of its own.
    if (family.type !== "counter" || type === "counter") return;
    const { created } = splitCreated(family);
    if (created.length > 0) this.#writer.metadata("TYPE", created[0]!.name, "gauge");
    for (const sample of created) this.#sample(sample);
  }

  #sample(sample: Sample): void {
    const series = this.#writer.series(sample.name, sample.labels);
    const value = sample.native === undefined
      ? numberText(sample.value)
      : formatNativeHistogram(sample.native);
    const time = sample.timestampSeconds === undefined ? "" : ` ${numberText(sample.timestampSeconds)}`;
    this.#writer.lines.push(`${series} ${value}${time}${this.#exemplar(sample)}\n`);
  }

  #exemplar({ exemplar }: Sample): string {
    if (exemplar === undefined) return "";
    const labels = this.#writer.series("x", exemplar.labels).slice(1) || "{}";
    const time = exemplar.timestampSeconds === undefined ? "" : ` ${numberText(exemplar.timestampSeconds)}`;
    return ` # ${labels} ${numberText(exemplar.value)}${time}`;
  }
}

/** Prometheus text keeps births in families of their own, whose names OpenMetrics would refuse as taken. */
function needsFolding(families: readonly MetricFamily[]): boolean {
  return families.some((family) => family.type === "gauge" && family.name.endsWith("_created"));
}

interface OpenMetricsHead {
  readonly name: string;
  readonly type: MetricType;
}

/** @param names of all families: a counter does not lose its `_total` where that would take another one's name */
function openMetricsHead(family: MetricFamily, names: ReadonlySet<string>): OpenMetricsHead {
  const { name, type, samples } = family;
  if (type === "untyped") return { name, type: "unknown" };
  if (type !== "counter") return { name, type };
  const base = name.replace(/_total$/, "");
  const fits = samples.every((sample) =>
    sample.name.endsWith("_total") || isBirth({ ...family, name: base }, sample)
  );
  return fits && base !== "" && (base === name || !names.has(base))
    ? { name: base, type }
    : { name, type: "unknown" };
}

/** Samples of one metric (labels but `le` and `quantile`) together, as OpenMetrics asks, each followed by its birth. */
function groups(family: MetricFamily, type: MetricType): Sample[][] {
  const byLabels = new Map<string, Sample[]>();
  for (const sample of family.samples) {
    const key = JSON.stringify(
      Object.entries(withoutOwnLabels(sample.labels)).sort(([a], [b]) => a < b ? -1 : 1),
    );
    const group = byLabels.get(key);
    if (group === undefined) byLabels.set(key, [sample]);
    else group.push(sample);
  }
  if (type === "unknown" && family.type === "counter") {
    return [...byLabels.values()].map((group) => group.filter((sample) => !isBirth(family, sample)));
  }
  return [...byLabels.values()].map((group) => withBirth(family, group));
}

function withBirth(family: MetricFamily, group: Sample[]): Sample[] {
  const born = group.find((sample) => sample.createdSeconds !== undefined);
  const birth = born === undefined ? undefined : birthOf(family, born);
  return birth === undefined ? group : [...group, birth];
}

/** The shortest text that gives back the double. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

function quoted(text: string): string {
  return `"${escapeQuoted(text)}"`;
}
