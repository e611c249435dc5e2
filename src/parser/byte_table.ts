/**
 * A hash table from byte strings to small integers.
 *
 * @module
 */
import { decodeUtf8 } from "./bytes.ts";

/** The hash of no bytes; feed each byte with {@link mixByte}. */
export const HASH_SEED = 0x811c9dc5 | 0;

/** FNV-1a's step (public domain, Fowler, Noll and Vo). */
export function mixByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** The hash of `bytes[start, end)`. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}

/** A chosen text can make hashes collide at will; after so many steps an entry is not looked for any longer, which keeps work linear. */
const LONGEST_PROBE = 64;

/**
 * Numbers distinct byte strings 0, 1, 2 … It keeps its own copy of the bytes. A string whose place is crowded out
 * (see `LONGEST_PROBE`) is not kept: callers must do without the table then.
 */
export class ByteTable {
  #slots = new Int32Array(64).fill(-1);
  #hashes = new Int32Array(32);
  #offsets = new Uint32Array(33);
  #arena = new Uint8Array(1024);
  #count = 0;

  /** How many strings it holds. */
  get size(): number {
    return this.#count;
  }

  /** The number of `bytes[start, end)`, or -1 when it is not there. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = spread(hash) & mask;
    for (let probe = 0; probe < LONGEST_PROBE; probe++) {
      const index = slots[slot]!;
      if (index < 0) return -1;
      if (this.#hashes[index] === hash && this.#equals(index, bytes, start, end)) return index;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** Adds a string that is not there yet and gives its number; -1 when there is no place near its hash. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): number {
    if ((this.#count + 1) * 2 > this.#slots.length) this.#grow();
    const index = this.#count;
    if (!this.#place(index, hash)) return -1;
    const offset = this.#offsets[index]!;
    const length = end - start;
    if (offset + length > this.#arena.length) {
      const larger = new Uint8Array(Math.max(this.#arena.length * 2, offset + length));
      larger.set(this.#arena);
      this.#arena = larger;
    }
    if (length < 128) { for (let at = 0; at < length; at++) this.#arena[offset + at] = bytes[start + at]!; }
    else this.#arena.set(bytes.subarray(start, end), offset);
    this.#hashes[index] = hash;
    this.#offsets[index + 1] = offset + length;
    this.#count++;
    return index;
  }

  #equals(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const offset = this.#offsets[index]!;
    if (this.#offsets[index + 1]! - offset !== end - start) return false;
    const arena = this.#arena;
    const shift = offset - start;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== arena[at + shift]) return false;
    }
    return true;
  }

  #place(index: number, hash: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = spread(hash) & mask;
    for (let probe = 0; probe < LONGEST_PROBE; probe++) {
      if (slots[slot]! < 0) {
        slots[slot] = index;
        return true;
      }
      slot = (slot + 1) & mask;
    }
    return false;
  }

  #grow(): void {
    const capacity = this.#slots.length;
    const hashes = new Int32Array(capacity);
    hashes.set(this.#hashes.subarray(0, this.#count));
    this.#hashes = hashes;
    const offsets = new Uint32Array(capacity + 1);
    offsets.set(this.#offsets.subarray(0, this.#count + 1));
    this.#offsets = offsets;
    this.#slots = new Int32Array(capacity * 2).fill(-1);
    // One that finds no place now is found no more; it is only a copy of what callers can work out again.
    for (let index = 0; index < this.#count; index++) this.#place(index, hashes[index]!);
  }
}

/** FNV's low bits are its weak ones. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

/** Strings by their bytes, each decoded once. */
export class StringTable {
  readonly #table = new ByteTable();
  readonly #strings: string[] = [];

  /** The string in `bytes[start, end)`, which does not keep `bytes` alive; undefined when it is not UTF-8. */
  get(bytes: Uint8Array, start: number, end: number): string | undefined {
    const hash = hashBytes(bytes, start, end);
    const found = this.#table.find(bytes, start, end, hash);
    if (found >= 0) return this.#strings[found];
    const text = decodeUtf8(bytes, start, end);
    if (text === undefined) return undefined;
    const added = this.#table.add(bytes, start, end, hash);
    if (added >= 0) this.#strings[added] = text;
    return text;
  }
}
