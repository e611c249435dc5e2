/**
 * Fixtures of the parser and the catalog, and our families in the form in which they say what is right.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import type { MetricFamily, MetricType, Sample } from "../../src/parser/types.ts";

const FOLDER = new URL("../fixtures/parser/", import.meta.url);

/** The bytes of `NAME.gz` in test/fixtures/parser. */
export function fixtureBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gunzipSync(Deno.readFileSync(new URL(`${name}.gz`, FOLDER))));
}

/** The same as text. */
export function fixtureText(name: string): string {
  return new TextDecoder().decode(fixtureBytes(name));
}

/** The lines of a JSON lines fixture; what their shape is, the fixture's README says. */
export function fixtureLines<Row>(name: string): Row[] {
  return fixtureText(name).trimEnd().split("\n").map((line) => JSON.parse(line) as Row);
}

/** The names, without `.txt.gz`, of the texts in a folder of fixtures. */
export function fixtureNames(folder: "scrapes" | "others"): string[] {
  const entries = [...Deno.readDirSync(new URL(`${folder}/`, FOLDER))].map((entry) => entry.name);
  return entries.filter((name) => name.endsWith(".txt.gz")).map((name) => name.slice(0, -".txt.gz".length))
    .sort();
}

/** Which names each recorded server shows. */
export function namesSeen(): { readonly versions: string[]; readonly names: Record<string, string[]> } {
  return JSON.parse(Deno.readTextFileSync(new URL("names_seen.json", FOLDER)));
}

/** A value as the fixtures write it: JSON has no NaN and no infinities. */
export type CanonicalNumber = number | "NaN" | "+Inf" | "-Inf";

/** A sample as the Python client's answers have it. */
export interface CanonicalSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value?: CanonicalNumber;
  readonly native?: true;
  readonly timestampSeconds?: number;
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: CanonicalNumber;
    readonly timestampSeconds?: number;
  };
}

/** A family as the Python client's answers have it. */
export interface CanonicalFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
  readonly samples: readonly CanonicalSample[];
}

/**
 * Our families in that form. The client's ways with Prometheus text are applied: `untyped` is `unknown`, a counter's family
 * loses `_total`, and a counter sample without it gets it.
 */
export function canonicalFamilies(
  families: readonly MetricFamily[],
  format: "prom" | "om",
): CanonicalFamily[] {
  return families.map((family) => {
    const renames = format === "prom" && family.type === "counter";
    const hasTotal = family.name.endsWith("_total");
    return {
      name: renames && hasTotal ? family.name.slice(0, -"_total".length) : family.name,
      type: family.type === "untyped" ? "unknown" : family.type,
      help: family.help,
      unit: family.unit ?? "",
      samples: family.samples.map((sample) => canonicalSample(sample, renames && !hasTotal ? "_total" : "")),
    };
  });
}

function canonicalSample(sample: Sample, suffix: string): CanonicalSample {
  const { exemplar, timestampSeconds } = sample;
  return {
    name: sample.name + suffix,
    labels: sample.labels,
    ...(sample.native === undefined ? { value: canonicalNumber(sample.value) } : { native: true as const }),
    ...(timestampSeconds === undefined ? {} : { timestampSeconds }),
    ...(exemplar === undefined ? {} : { exemplar: { ...exemplar, value: canonicalNumber(exemplar.value) } }),
  };
}

/** See {@link CanonicalNumber}. */
export function canonicalNumber(value: number): CanonicalNumber {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : value;
}
