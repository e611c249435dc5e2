/**
 * Repeated scrapes of one target, in columns.
 *
 * @module
 */
import type { SeriesDefinition } from "../series/types.ts";
import { byteSource } from "./byte_table.ts";
import { BLANK, BYTE_CLASS, CARRIAGE_RETURN, HASH, NEWLINE, quoteLine } from "./bytes.ts";
import { CommentReader } from "./comments.ts";
import { FamilyIndex } from "./families.ts";
import { formatOfContentType, type Grammar } from "./grammar.ts";
import { checkSize, DEFAULT_MAX_BYTES, skipByteOrderMark, withFinalNewline } from "./parse.ts";
import type { ScrapeView } from "./scrape_view.ts";
import { TextCache } from "./text_cache.ts";
import { LineTokenizer } from "./tokenizer.ts";
import type { Labels, ParseError } from "./types.ts";

/** How a {@link ScrapeReader} reads. */
export interface ScrapeReaderOptions {
  /** Told of every line that is given up. */
  readonly onError?: (error: ParseError) => void;
  /** Largest body in bytes; default 64 MiB. */
  readonly maxBytes?: number;
}

/**
 * Reads the scrapes of one target, one after the other, and remembers its series: each gets a small integer at first
 * sight and keeps it. Always tolerant: a line that cannot be read costs that line.
 */
export class ScrapeReader {
  readonly #onError: ((error: ParseError) => void) | undefined;
  readonly #maxBytes: number;
  readonly #idOfKey = new Map<string, number>();
  #lastReadOfId = new Uint32Array(256);
  #reads = 0;
  #previousIds = new Uint32Array(0);
  #families = new FamilyIndex(false);
  #cache = new TextCache();

  constructor(options: ScrapeReaderOptions = {}) {
    this.#onError = options.onError;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /**
   * Reads one body. The view holds until the next call.
   *
   * @param timeSeconds when it was read, Unix seconds
   * @param contentType the Content-Type header, which says the format; absent: Prometheus text
   * @throws RangeError when the body is larger than `maxBytes`
   */
  read(body: Uint8Array, _timeSeconds: number, contentType?: string): ScrapeView {
    checkSize(body.length, this.#maxBytes);
    const openMetrics = formatOfContentType(contentType).format === "openmetrics";
    const grammar: Grammar = { openMetrics, strict: false, quotedNames: true };
    const bytes = withFinalNewline(body);
    const tokenizer = new LineTokenizer(byteSource(bytes), grammar, this.#cache);
    const comments = new CommentReader(byteSource(bytes), grammar, this.#cache.strings);
    this.#reads++;
    const ids: number[] = [];
    const values: number[] = [];
    const timestamps: number[] = [];
    const defined: SeriesDefinition[] = [];
    let hasTimestamps = false;
    let skippedLines = 0;
    let line = 0;
    let ended = false;
    const skip = (start: number, reason: string) => {
      skippedLines++;
      const end = bytes.indexOf(NEWLINE, start);
      this.#onError?.({ line, reason, text: quoteLine(bytes, start, end) });
      return end + 1;
    };
    for (let at = skipByteOrderMark(bytes); at < bytes.length;) {
      line++;
      const start = at;
      while ((BYTE_CLASS[bytes[at]!]! & BLANK) !== 0) at++;
      if (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === NEWLINE) at++;
      if (bytes[at] === NEWLINE) {
        at++;
        continue;
      }
      if (ended) {
        at = skip(start, "text after # EOF");
        continue;
      }
      if (bytes[at] === HASH) {
        const end = bytes.indexOf(NEWLINE, at);
        const comment = comments.read(at, end);
        if (comment.kind === "fault") skip(start, comment.reason);
        else if (comment.kind === "eof") ended = true;
        else if (comment.kind !== "remark") {
          const family = this.#families.declare(comment.name);
          if (comment.kind === "help") family.help = comment.text;
          else if (comment.kind === "unit") family.unit = comment.text;
          else family.type = comment.type;
        }
        at = end + 1;
        continue;
      }
      const next = tokenizer.readSample(at);
      if (next < 0 || tokenizer.native !== undefined) {
        at = skip(start, next < 0 ? tokenizer.fault : "native histogram");
        continue;
      }
      at = next;
      const key = seriesKey(tokenizer.name, tokenizer.labels);
      let id = this.#idOfKey.get(key);
      if (id === undefined) {
        id = this.#idOfKey.size;
        this.#idOfKey.set(key, id);
        defined.push(this.#define(id, tokenizer.name, tokenizer.labels));
        if (id >= this.#lastReadOfId.length) {
          const larger = new Uint32Array(this.#lastReadOfId.length * 2);
          larger.set(this.#lastReadOfId);
          this.#lastReadOfId = larger;
        }
      } else if (this.#lastReadOfId[id] === this.#reads && Number.isNaN(tokenizer.timestampSeconds)) {
        skip(start, "series occurs twice");
        continue;
      }
      this.#lastReadOfId[id] = this.#reads;
      ids.push(id);
      values.push(tokenizer.value);
      timestamps.push(tokenizer.timestampSeconds);
      hasTimestamps ||= !Number.isNaN(tokenizer.timestampSeconds);
    }
    const vanished = this.#previousIds.filter((id) => this.#lastReadOfId[id] !== this.#reads);
    this.#previousIds = Uint32Array.from(ids);
    return {
      ids: this.#previousIds,
      values: Float64Array.from(values),
      ...(hasTimestamps ? { timestampsSeconds: Float64Array.from(timestamps) } : {}),
      defined,
      vanishedIds: vanished,
      skippedLines,
    };
  }

  #define(id: number, name: string, labels: Labels): SeriesDefinition {
    const family = this.#families.find(name);
    return {
      id,
      name,
      labels,
      type: family?.type ?? "untyped",
      ...(family?.help === undefined ? {} : { help: family.help }),
    };
  }
}

function seriesKey(name: string, labels: Labels): string {
  const pairs = Object.entries(labels);
  pairs.sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify([name, pairs]);
}
