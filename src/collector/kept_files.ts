/**
 * Small files that are read again and again: opened once, then read from their beginning.
 *
 * @module
 */

/** Longest text kept room for at first; it grows with the files. `/proc/stat` of 256 cores has some 30 kB. */
const FIRST_BYTES = 16_384;

/**
 * Such files give their text in pieces of whole lines, as many as fit a page of at least 4 KiB. A piece that leaves room for
 * a line of 1 KiB was the last; after any other only a read of nothing tells the end.
 */
const LAST_PIECE_BYTES = 3072;

/**
 * Reads files under /proc and /sys, whose content the kernel makes anew at each read from the beginning. A kept handle saves
 * the search for the path and the opening: half of the time of a read. Whoever makes one frees it with `close`.
 */
export class KeptFiles {
  readonly #files = new Map<string, Deno.FsFile>();
  #buffer = new Uint8Array(FIRST_BYTES);

  /**
   * The whole of a file as it is now. The bytes are replaced by the next read of any file.
   *
   * @throws what opening and reading throw; the file is opened anew the next time (a control group that went away)
   */
  read(path: string): Uint8Array {
    const file = this.#files.get(path) ?? this.#open(path);
    try {
      file.seekSync(0, Deno.SeekMode.Start);
      const length = this.#fill(file); // It may replace the buffer.
      return this.#buffer.subarray(0, length);
    } catch (error) {
      this.#files.delete(path);
      file.close();
      throw error;
    }
  }

  /** Closes all handles; a later read opens its file again. */
  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #open(path: string): Deno.FsFile {
    const file = Deno.openSync(path);
    this.#files.set(path, file);
    return file;
  }

  #fill(file: Deno.FsFile): number {
    let length = 0;
    while (true) {
      const room = length === 0 ? this.#buffer : this.#buffer.subarray(length);
      const read = file.readSync(room);
      if (read === null) return length;
      length += read;
      if (read < LAST_PIECE_BYTES && length < this.#buffer.length) return length;
      if (length === this.#buffer.length) this.#grow();
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
