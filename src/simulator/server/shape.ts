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
  /** The recorded server's `--max-model-len`, up to which its token buckets go. */
  readonly maxModelLength: number;
}

/** The versions that can be simulated, newest first, with the recorded server's `--max-model-len`. */
export const SHAPE_VERSIONS: Readonly<Record<string, { readonly maxModelLength: number }>> = {
  "0.32.0": { maxModelLength: 1024 },
  "0.25.1": { maxModelLength: 512 },
  "0.17.1": { maxModelLength: 512 },
  "0.12.0": { maxModelLength: 512 },
  "0.11.2": { maxModelLength: 512 },
  "0.9.2": { maxModelLength: 512 },
  "0.8.5": { maxModelLength: 512 },
};

/**
 * Reads a version's shape from the shipped data.
 *
 * @throws RangeError for a version that was not recorded, listing those that were
 */
export function loadShape(version: string): MetricsShape {
  const known = SHAPE_VERSIONS[version];
  if (known === undefined) {
    const versions = Object.keys(SHAPE_VERSIONS).join(", ");
    throw new RangeError(
      `Cannot simulate vLLM ${JSON.stringify(version)}: not recorded, wanted one of ${versions}`,
    );
  }
  return {
    version,
    idle: parseShape(shippedText(`vllm-${version}-idle.txt.gz`)),
    used: parseShape(shippedText(`vllm-${version}-after.txt.gz`)),
    maxModelLength: known.maxModelLength,
  };
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
