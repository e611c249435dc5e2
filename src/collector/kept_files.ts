/**
 * Small files that are read again and again: opened once, then read from their beginning.
 *
 * @module
 */

/** Longest text kept room for at first; it grows with the files. `/proc/stat` of 256 cores has some 30 kB. */
const FIRST_BYTES = 16_384;

/**
 * Reads files under /proc and /sys, whose content the kernel makes anew at each read from the beginning. A kept handle saves
 * the search for the path and the opening: half of the time of a read. Whoever makes one frees it with `close`.
 */
export class KeptFiles {
  readonly #files = new Map<string, Deno.FsFile>();
  readonly #decoder = new TextDecoder();
  #buffer = new Uint8Array(FIRST_BYTES);

  /**
   * The whole text of a file as it is now.
   *
   * @throws what opening and reading throw; the file is opened anew the next time (a control group that went away)
   */
  read(path: string): string {
    const file = this.#files.get(path) ?? this.#open(path);
    try {
      file.seekSync(0, Deno.SeekMode.Start);
      const length = this.#fill(file); // It may replace the buffer.
      return this.#decoder.decode(this.#buffer.subarray(0, length));
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

  /** Such files may give their text in pieces, each of whole lines: only a read of nothing is the end. */
  #fill(file: Deno.FsFile): number {
    let length = 0;
    while (true) {
      const read = file.readSync(this.#buffer.subarray(length));
      if (read === null) return length;
      length += read;
      if (length === this.#buffer.length) this.#grow();
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
