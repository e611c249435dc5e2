/**
 * Scrapes of vLLM 0.32.0 after a load (58 KB, 540 samples) whose histograms, counters and gauges have moved from one to the
 * next, half of the lines.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { seededRandom } from "../src/base/random.ts";

const packed = Deno.readFileSync(new URL("../data/shapes/vllm-0.32.0-after.txt.gz", import.meta.url));
const LINES = new TextDecoder().decode(gunzipSync(packed)).trimEnd().split("\n");

/** What moves: its text before the value, the value, and by how much it rises at most. A gauge is drawn anew below that. */
interface Moving {
  readonly head: string;
  value: number;
  readonly most: number;
  readonly rises: boolean;
}

function movingLine(line: string): Moving | string {
  const at = line.lastIndexOf(" ");
  const head = line.slice(0, at + 1);
  const value = Number(line.slice(at + 1));
  if (line.startsWith("#") || /^(process|python)_|_created|_info|_config/.test(line)) return line;
  if (/^vllm:num_requests_(running|waiting)\{/.test(line)) return { head, value, most: 16, rises: false };
  if (/^vllm:kv_cache_usage_perc/.test(line)) return { head, value, most: 1, rises: false };
  return value > 0 ? { head, value, most: 5, rises: true } : line;
}

/** Gives one scrape after the other of one server. */
export function movingBody(seed: number): () => string {
  const source = seededRandom(seed);
  const lines = LINES.map(movingLine);
  return () => {
    // One step for all buckets of a scrape: cumulative counts stay in order.
    const step = Math.floor(5 * source.next());
    return lines.map((line) => {
      if (typeof line === "string") return line;
      if (line.rises) line.value += step;
      else line.value = line.most === 1 ? source.next() : Math.floor(line.most * source.next());
      return line.head + (Number.isInteger(line.value) ? line.value.toFixed(1) : String(line.value));
    }).join("\n") + "\n";
  };
}

const ZERO = 48;

/**
 * As {@link movingBody}, in one array of bytes that is changed in place: to move costs next to nothing, where what reads it is
 * measured. Counts begin at a hundred million, so that they stay as long as they are.
 */
export class MovingBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #random: () => number;
  /** Where the last whole digit of each count stands, and the only or first digit of each gauge. */
  readonly #counts: number[] = [];
  readonly #gauges: number[] = [];

  constructor(seed: number) {
    const source = seededRandom(seed);
    this.#random = () => source.next();
    let text = "";
    for (const line of LINES.map(movingLine)) {
      if (typeof line === "string") text += line;
      else if (line.rises) {
        text += line.head + (1e8 + Math.floor(line.value));
        this.#counts.push(text.length - 1);
        text += ".0";
      } else {
        text += line.head + (line.most === 1 ? "0.500" : "5.0");
        this.#gauges.push(text.length - 3);
      }
      text += "\n";
    }
    this.bytes = new TextEncoder().encode(text);
  }

  /** The next scrape. */
  move(): Uint8Array<ArrayBuffer> {
    const step = Math.floor(5 * this.#random());
    for (const at of this.#counts) this.#add(at, step);
    for (const at of this.#gauges) this.bytes[at] = ZERO + Math.floor(10 * this.#random());
    return this.bytes;
  }

  #add(at: number, step: number): void {
    const { bytes } = this;
    let digit = bytes[at]! - ZERO + step;
    for (let place = at; digit > 9; place--) {
      bytes[place] = ZERO + digit - 10;
      digit = bytes[place - 1]! - ZERO + 1;
      at = place - 1;
    }
    bytes[at] = ZERO + digit;
  }
}
