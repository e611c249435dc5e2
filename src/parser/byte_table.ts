/**
 * A hash table from byte strings to small integers.
 *
 * @module
 */

/** Bytes that are looked at one by one and, through the view, four at a time. */
export interface ByteSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A source over bytes, which are not copied. */
export function byteSource(bytes: Uint8Array): ByteSource {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * The hash of `[start, end)`: FNV-1a's step over words of four bytes, then bytes (public domain, Fowler, Noll and Vo), and
 * MurmurHash3's finish (public domain, Appleby), without which texts that end in numbers crowd together.
 */
export function hashBytes({ bytes, view }: ByteSource, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** A chosen text can make hashes collide at will; after so many steps an entry is not looked for any longer, which keeps work linear. */
const LONGEST_PROBE = 64;

/**
 * Numbers distinct byte strings 0, 1, 2 … It keeps its own copy of the bytes. A string whose place is crowded out
 * (see `LONGEST_PROBE`) is not kept: callers must do without the table then.
 */
export class ByteTable {
  #slots: Int32Array;
  #hashes: Int32Array;
  #offsets: Uint32Array<ArrayBuffer>;
  #arena: ByteSource;
  #count = 0;

  /** Room from the start for so many strings with so many bytes in all; it grows by itself. */
  constructor(room: { readonly strings: number; readonly bytes: number } = { strings: 32, bytes: 1024 }) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(32, room.strings) * 2));
    this.#slots = new Int32Array(slots).fill(-1);
    this.#hashes = new Int32Array(slots / 2);
    this.#offsets = new Uint32Array(slots / 2 + 1);
    this.#arena = byteSource(new Uint8Array(room.bytes));
  }

  /** How many strings it holds. */
  get size(): number {
    return this.#count;
  }

  /** How many bytes they have together. */
  get byteLength(): number {
    return this.#offsets[this.#count]!;
  }

  /** The strings themselves, one after the other: string i is at `offsets[i]` to `offsets[i + 1]`. Both change with {@link add}. */
  get arena(): ByteSource {
    return this.#arena;
  }

  /** See {@link arena}. */
  get offsets(): Uint32Array<ArrayBuffer> {
    return this.#offsets;
  }

  /** How many bytes a string has. */
  lengthOf(index: number): number {
    return this.#offsets[index + 1]! - this.#offsets[index]!;
  }

  /** The number of `bytes[start, end)`, or -1 when it is not there. */
  find(source: ByteSource, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let probe = 0; probe < LONGEST_PROBE; probe++) {
      const index = slots[slot]!;
      if (index < 0) return -1;
      if (this.#hashes[index] === hash && this.equals(index, source, start, end)) return index;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** Adds a string that is not there yet and gives its number; -1 when there is no place near its hash. */
  add({ bytes }: ByteSource, start: number, end: number, hash: number): number {
    if ((this.#count + 1) * 2 > this.#slots.length) this.#grow();
    const index = this.#count;
    if (!this.#place(index, hash)) return -1;
    const offset = this.#offsets[index]!;
    const length = end - start;
    if (offset + length > this.#arena.bytes.length) this.#growArena(offset + length);
    const arena = this.#arena.bytes;
    for (let at = 0; at < length; at++) arena[offset + at] = bytes[start + at]!;
    this.#hashes[index] = hash;
    this.#offsets[index + 1] = offset + length;
    this.#count++;
    return index;
  }

  #growArena(needed: number): void {
    const larger = new Uint8Array(Math.max(this.#arena.bytes.length * 2, needed));
    larger.set(this.#arena.bytes);
    this.#arena = byteSource(larger);
  }

  /** Whether a string is `[start, end)`. */
  equals(index: number, { bytes, view }: ByteSource, start: number, end: number): boolean {
    const offset = this.#offsets[index]!;
    if (this.#offsets[index + 1]! - offset !== end - start) return false;
    const arena = this.#arena;
    const shift = offset - start;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      if (view.getInt32(at, true) !== arena.view.getInt32(at + shift, true)) return false;
    }
    for (; at < end; at++) {
      if (bytes[at] !== arena.bytes[at + shift]) return false;
    }
    return true;
  }

  #place(index: number, hash: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
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
