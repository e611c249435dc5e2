/**
 * How much to read at once, so that each token chunk keeps its own time: pure.
 *
 * The kernel tells one time a read: that of the last segment it touched. A reader that is late and takes all that waits
 * gives several chunks the time of the last. One that takes a chunk a read does not, however late it is.
 *
 * @module
 */
import type { HttpScanner } from "./http_scanner.ts";

/** No token chunk is shorter; `data: [DONE]` and a server's pings are, and would make every read a short one. */
const LEAST_TOKEN_CHUNK = 64;

/** The shortest that was seen of all responses of a server. */
export class ResponseSizes {
  leastHead = Infinity;
  /** Of token chunks: the last one of an answer, which may be its usage, is none. */
  leastChunk = Infinity;
}

/** The bound of one connection's reads. */
export class ReadBound {
  readonly #sizes: ResponseSizes;
  #lastChunk = Infinity;

  constructor(sizes: ResponseSizes) {
    this.#sizes = sizes;
  }

  /** The next response begins. */
  next(): void {
    this.#lastChunk = Infinity;
  }

  /** As `HttpListener.framed` tells it. */
  framed(part: "head" | "chunk", wireBytes: number): void {
    const sizes = this.#sizes;
    if (part === "head") sizes.leastHead = Math.min(sizes.leastHead, wireBytes);
    else if (wireBytes >= LEAST_TOKEN_CHUNK) {
      sizes.leastChunk = Math.min(sizes.leastChunk, this.#lastChunk);
      this.#lastChunk = wireBytes;
    }
  }

  /**
   * The most that may be read now without taking the beginning of another chunk: the rest of one that has begun, else the
   * shortest that there was. Infinity where nothing is known, or nothing is timed.
   */
  most(scanner: HttpScanner): number {
    switch (scanner.place) {
      case "between_chunks":
        return this.#sizes.leastChunk;
      case "in_chunk":
        return scanner.chunkLeft;
      case "head":
        return scanner.untouched ? this.#sizes.leastHead : Infinity;
      case "elsewhere":
        return Infinity;
    }
  }
}
