/**
 * Which family a sample belongs to, by the names that a type gives its samples.
 *
 * @module
 */
import type { MetricFamily, MetricType, Sample } from "./types.ts";

/** A family while its text is being read. */
export interface OpenFamily {
  readonly name: string;
  /** Undefined until a TYPE line says so. */
  type: MetricType | undefined;
  /** Undefined until a HELP line says so. */
  help: string | undefined;
  unit: string | undefined;
  readonly samples: Sample[];
}

/** What follows the family's name in its samples' names. Sources: OpenMetrics 1.0 "Metric types"; Prometheus text format. */
const SUFFIXES: Readonly<
  Record<MetricType, { readonly prometheus: string[]; readonly openMetrics: string[] }>
> = {
  counter: { prometheus: ["", "_total"], openMetrics: ["_total", "_created", ""] },
  gauge: { prometheus: [""], openMetrics: [""] },
  histogram: {
    prometheus: ["_bucket", "_sum", "_count"],
    openMetrics: ["_bucket", "_sum", "_count", "_created", ""],
  },
  summary: { prometheus: ["", "_sum", "_count"], openMetrics: ["", "_sum", "_count", "_created"] },
  gaugehistogram: {
    prometheus: ["_bucket", "_gsum", "_gcount"],
    openMetrics: ["_bucket", "_gsum", "_gcount"],
  },
  info: { prometheus: ["", "_info"], openMetrics: ["_info", ""] },
  stateset: { prometheus: [""], openMetrics: [""] },
  untyped: { prometheus: [""], openMetrics: [""] },
  unknown: { prometheus: [""], openMetrics: [""] },
};

const SUFFIXES_BY_NAME_END = ["_created", "_bucket", "_gcount", "_count", "_total", "_gsum", "_info", "_sum"];

/** The families of a text by name, in the order of their first mention. */
export class FamilyIndex {
  readonly #byName = new Map<string, OpenFamily>();
  /** Names as OpenMetrics' underscore escaping writes them; made when it is first needed, see {@link find}. */
  #byEscapedName: Map<string, OpenFamily> | undefined;
  readonly #openMetrics: boolean;
  /** Samples most often follow their family's own lines. */
  #latest: OpenFamily | undefined;

  constructor(openMetrics: boolean) {
    this.#openMetrics = openMetrics;
  }

  /** The family of this very name, made when it is new. */
  declare(name: string): OpenFamily {
    if (this.#latest?.name === name) return this.#latest;
    const known = this.#byName.get(name);
    if (known !== undefined) return this.#latest = known;
    const family: OpenFamily = { name, type: undefined, help: undefined, unit: undefined, samples: [] };
    this.#byName.set(name, family);
    if (this.#byEscapedName !== undefined) addEscaped(this.#byEscapedName, family);
    return this.#latest = family;
  }

  /** The family of this very name, if there is one. */
  named(name: string): OpenFamily | undefined {
    return this.#byName.get(name);
  }

  /**
   * The declared family that a sample belongs to: of its own name, or of its name without a suffix of that family's type.
   * Where none fits, a family whose colons were escaped in the sample's name: a server that escapes names may keep
   * them in its HELP and TYPE lines (`vllm:x` above `vllm_x_total`).
   */
  find(sampleName: string): OpenFamily | undefined {
    const exact = this.#byName.get(sampleName);
    if (exact !== undefined && this.#owns(exact, "")) return exact;
    const latest = this.#latest;
    if (latest !== undefined && sampleName.startsWith(latest.name)) {
      if (this.#owns(latest, sampleName.slice(latest.name.length))) return latest;
    }
    const found = this.#findBySuffix(this.#byName, sampleName) ?? exact;
    if (found !== undefined || sampleName.includes(":")) return found;
    if (this.#byEscapedName === undefined) {
      this.#byEscapedName = new Map();
      for (const family of this.#byName.values()) addEscaped(this.#byEscapedName, family);
    }
    return this.#byEscapedName.get(sampleName) ?? this.#findBySuffix(this.#byEscapedName, sampleName);
  }

  #findBySuffix(families: ReadonlyMap<string, OpenFamily>, sampleName: string): OpenFamily | undefined {
    for (const suffix of SUFFIXES_BY_NAME_END) {
      if (!sampleName.endsWith(suffix)) continue;
      const family = families.get(sampleName.slice(0, -suffix.length));
      if (family !== undefined && this.#owns(family, suffix)) return family;
    }
    return undefined;
  }

  #owns(family: OpenFamily, suffix: string): boolean {
    const suffixes = SUFFIXES[family.type ?? "untyped"];
    return (this.#openMetrics ? suffixes.openMetrics : suffixes.prometheus).includes(suffix);
  }

  /** What was read, in order. */
  finish(): MetricFamily[] {
    const families: MetricFamily[] = [];
    for (const { name, type = this.defaultType, help = "", unit = "", samples } of this.#byName.values()) {
      families.push(unit === "" ? { name, type, help, samples } : { name, type, help, unit, samples });
    }
    return families;
  }

  /** What a family is without a TYPE line, in this format's word. */
  get defaultType(): MetricType {
    return this.#openMetrics ? "unknown" : "untyped";
  }
}

function addEscaped(families: Map<string, OpenFamily>, family: OpenFamily): void {
  if (family.name.includes(":")) families.set(family.name.replaceAll(":", "_"), family);
}
