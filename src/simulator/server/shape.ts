/**
 * What a version's `/metrics` looks like: families, order, help, labels and buckets, read from recordings of a real
 * server that are shipped in `data/shapes`. Nothing of it is written in source.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** One line of a child: the sample's name and its `le`, if it has one. */
export interface ShapeLine {
  readonly sample: string;
  readonly le?: string;
}

/** One child of a family: its labels (without `le`) in the text's order, and its lines. */
export interface ShapeChild {
  readonly labels: readonly (readonly [string, string])[];
  readonly lines: readonly ShapeLine[];
  /** Values of the lines as recorded. */
  readonly values: readonly number[];
}

/** A family as the text has it, `_created` families included. */
export interface ShapeFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly children: readonly ShapeChild[];
}

/** A version's text, idle and after use. */
export interface MetricsShape {
  readonly version: string;
  /** Before the first request. */
  readonly idle: readonly ShapeFamily[];
  /** After use: the order in which everything appears. */
  readonly used: readonly ShapeFamily[];
  readonly quirks: VersionQuirks;
  /** True for Prometheus' mode of several processes: V0, or several API servers. */
  readonly severalProcesses: boolean;
}

/** How a version counts and answers otherwise than 0.32.0, as seen in recordings of it. */
export interface VersionQuirks {
  /** The recorded server's `--max-model-len`. */
  readonly maxModelLength: number;
  /** Prefix queries are counted at every try to admit a request (up to 0.25.1). */
  readonly countsEveryLookup: boolean;
  /** Usage of the cache counts block 0, which nobody can use: once used, the gauge rests above 0 (0.9.2). */
  readonly countsBlockZero: boolean;
  /** TTFT and prompt tokens are counted again after a preemption, samples of one call as calls (the V0 engine). */
  readonly countsAsV0: boolean;
  /** Version of the text format that `GET /metrics` declares. */
  readonly textVersion: "0.0.4" | "1.0.0";
  /** Refusals are `{"object":"error",…}` and not `{"error":{…}}`. */
  readonly flatErrors: boolean;
}

const LATEST: VersionQuirks = {
  maxModelLength: 1024,
  countsEveryLookup: false,
  countsBlockZero: false,
  countsAsV0: false,
  textVersion: "1.0.0",
  flatErrors: false,
};
const EARLIER: VersionQuirks = { ...LATEST, maxModelLength: 512, countsEveryLookup: true };
const OLD: VersionQuirks = { ...EARLIER, textVersion: "0.0.4", flatErrors: true };

/** The versions that can be simulated, newest first. */
export const SHAPE_VERSIONS: Readonly<Record<string, VersionQuirks>> = {
  "0.32.0": LATEST,
  "0.25.1": EARLIER,
  "0.17.1": EARLIER,
  "0.12.0": EARLIER,
  "0.11.2": EARLIER,
  "0.9.2": { ...OLD, countsBlockZero: true },
  "0.8.5": { ...OLD, countsAsV0: true },
};

/**
 * Reads a version's shape from the shipped data.
 *
 * @param options.draftTokens the server speculates with so many; its families were recorded for 0.32.0 only, other versions
 * show none
 * @throws RangeError for a version that was not recorded, listing those that were
 */
export function loadShape(version: string, options: { readonly draftTokens?: number } = {}): MetricsShape {
  const quirks = SHAPE_VERSIONS[version];
  if (quirks === undefined) {
    const versions = Object.keys(SHAPE_VERSIONS).join(", ");
    throw new RangeError(
      `Cannot simulate vLLM ${JSON.stringify(version)}: not recorded, wanted one of ${versions}`,
    );
  }
  const { draftTokens = 0 } = options;
  const file = draftTokens > 0 && version === "0.32.0" ? `vllm-${version}-speculative` : `vllm-${version}`;
  const read = (state: string) =>
    withPositions(parseShape(shippedText(`${file}-${state}.txt.gz`)), draftTokens);
  const idle = read("idle");
  const used = read("after");
  const severalProcesses = !used.some(({ name }) => name === "process_start_time_seconds");
  return { version, idle, used, quirks, severalProcesses };
}

/** Families with a child per draft position get as many as there are draft tokens. */
function withPositions(families: ShapeFamily[], draftTokens: number): ShapeFamily[] {
  return families.map((family) => {
    const [first] = family.children;
    const label = first?.labels.findIndex(([name]) => name === "position") ?? -1;
    if (first === undefined || label < 0) return family;
    const children = Array.from({ length: draftTokens }, (_, position): ShapeChild => ({
      ...first,
      labels: first.labels.map((pair, index) => index === label ? ["position", String(position)] : pair),
    }));
    return { ...family, children };
  });
}

/** The text of a shipped recording. */
export function shippedText(file: string): string {
  const packed = readFileSync(new URL(`../../../data/shapes/${file}`, import.meta.url));
  return new TextDecoder().decode(gunzipSync(packed));
}

/**
 * Splits an exposition text into families and children. It reads what prometheus_client writes, not any text: the
 * tolerant parser is elsewhere.
 *
 * @throws SyntaxError for a line that it cannot read
 */
export function parseShape(text: string): ShapeFamily[] {
  const families: { name: string; type: string; help: string; children: MutableChild[] }[] = [];
  let help = "";
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line.startsWith("# HELP ")) {
      help = line.slice(line.indexOf(" ", 7) + 1);
    } else if (line.startsWith("# TYPE ")) {
      const [name, type] = line.slice(7).split(" ") as [string, string];
      families.push({ name, type, help, children: [] });
    } else {
      addSample(families.at(-1)!.children, line);
    }
  }
  return families;
}

interface MutableChild {
  readonly key: string;
  readonly labels: (readonly [string, string])[];
  readonly lines: ShapeLine[];
  readonly values: number[];
}

function addSample(children: MutableChild[], line: string): void {
  const match = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (match === null) throw new SyntaxError(`Cannot read a shape: ${JSON.stringify(line)}, wanted a sample`);
  const [, sample, labelText = "", value] = match;
  const labels = Array.from(
    labelText.matchAll(/([^=,]+)="((?:[^"\\]|\\.)*)"/g),
    (pair) => [pair[1]!, pair[2]!] as const,
  );
  const le = labels.find(([name]) => name === "le")?.[1];
  const own = labels.filter(([name]) => name !== "le");
  const key = JSON.stringify(own);
  let child = children.at(-1);
  if (child?.key !== key) {
    child = { key, labels: own, lines: [], values: [] };
    children.push(child);
  }
  child.lines.push({ sample: sample!, ...(le === undefined ? {} : { le }) });
  child.values.push(value === "+Inf" ? Infinity : Number(value));
}
