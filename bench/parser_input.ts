/**
 * Made-up scrapes of a vLLM fleet, for measuring parsers: a real scrape's families, repeated for models and engines, with
 * values that move from step to step as counters, sums and gauges do.
 *
 * @module
 */
import { seededRandom } from "../src/base/random.ts";
import type { MetricFamily } from "../src/parser/types.ts";

/** How many engines a made-up fleet has. */
export interface FleetSize {
  readonly models: number;
  readonly enginesPerModel: number;
}

/** The sizes that are measured: one server, a cluster, a large fleet. */
export const FLEET_SIZES: Readonly<Record<"57 KB" | "1 MB" | "20 MB", FleetSize>> = {
  "57 KB": { models: 1, enginesPerModel: 1 },
  "1 MB": { models: 3, enginesPerModel: 9 },
  "20 MB": { models: 3, enginesPerModel: 174 },
};

interface Line {
  readonly head: string;
  readonly start: number;
  readonly perStep: number;
  readonly kind: "constant" | "whole" | "fraction" | "gauge";
}

/** Texts of one fleet, step by step. */
export class FleetScrapes {
  readonly #lines: (Line | string)[] = [];

  /**
   * @param families of a real scrape
   * @param size how often its `vllm:` samples are repeated
   */
  constructor(families: readonly MetricFamily[], size: FleetSize) {
    const random = seededRandom(7);
    for (const family of families) {
      this.#lines.push(`# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`);
      const copies = family.name.startsWith("vllm:") ? size.models * size.enginesPerModel : 1;
      for (let copy = 0; copy < copies; copy++) {
        const model = `models/model-${copy % size.models}-chat`;
        const engine = String(Math.floor(copy / size.models));
        const rate = random.next() < 1 / 3 ? 0 : random.next() * 100;
        for (const sample of family.samples) {
          const labels = Object.entries(sample.labels).map(([label, value]) => {
            const text = label === "model_name" ? model : label === "engine" ? engine : value;
            return `${label}="${text}"`;
          });
          // Families without an engine label exist once per model.
          if (!("engine" in sample.labels) && copy >= size.models) continue;
          const head = `${sample.name}${labels.length === 0 ? "" : `{${labels.join(",")}}`} `;
          this.#lines.push(lineOf(head, family, sample.name, rate, sample.value));
        }
      }
    }
  }

  /**
   * The scrape of one step.
   *
   * @param isPresent whether the sample of this number is there; default: all are
   */
  text(step: number, isPresent: (sample: number) => boolean = () => true): string {
    const random = seededRandom(step);
    const parts: string[] = [];
    let sample = 0;
    for (const line of this.#lines) {
      if (typeof line === "string") parts.push(line);
      else if (isPresent(sample++)) {
        parts.push(line.head, pythonNumber(valueAt(line, step, random.next())), "\n");
      }
    }
    return parts.join("");
  }
}

function lineOf(head: string, family: MetricFamily, name: string, rate: number, value: number): Line {
  if (name.endsWith("_created")) return { head, start: value, perStep: 0, kind: "constant" };
  if (family.type === "gauge") {
    return { head, start: value, perStep: rate, kind: rate === 0 ? "constant" : "gauge" };
  }
  const kind = name.endsWith("_sum") && name.includes("seconds") ? "fraction" : "whole";
  return { head, start: value, perStep: kind === "whole" ? Math.floor(rate) : rate / 7, kind };
}

function valueAt({ start, perStep, kind }: Line, step: number, chance: number): number {
  if (kind === "gauge") return gaugeValue(chance);
  return kind === "constant" ? start : start + perStep * step;
}

/** Half of the gauges are counts, half are ratios. */
function gaugeValue(chance: number): number {
  return chance < 0.5 ? Math.floor(chance * 200) : chance;
}

/** A number as Python's client writes it: `1.0`, `1.7955e+09`. */
export function pythonNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return `${value}.0`;
  if (Math.abs(value) < 1e6) return String(value);
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  const digits = Number(exponent);
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e+${String(digits).padStart(2, "0")}`;
}
