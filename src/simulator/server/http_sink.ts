/**
 * Writes to many connections cheaply: what is written during one turn goes out in one piece per connection, and nothing is
 * made per piece but the operation itself.
 *
 * @module
 */
import type { ByteSink } from "./http_message.ts";

/** Unsent bytes above which a sink calls itself full; asyncio's high-water mark, behind which uvicorn stops too. */
const FULL_BYTES = 64 * 1024;
const FIRST_BYTES = 1024;

/** What a connection's writer tells of. */
export interface WriterEvents {
  /** Everything has been handed to the system after the writer was full. */
  onDrained(): void;
  /** The connection cannot be written to any more. */
  onBroken(): void;
}

/** Flushes all writers that were written to in this turn, once, at its end. */
export class WriteTurn {
  #dirty: ConnectionWriter[] = [];

  /** A writer has something new. */
  add(writer: ConnectionWriter): void {
    if (this.#dirty.length === 0) queueMicrotask(this.#flush);
    this.#dirty.push(writer);
  }

  readonly #flush = () => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const writer of dirty) writer.flush();
  };
}

/** The part of a connection that is written to. */
export interface WritableConnection {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes to one connection. Two buffers take turns: one is on its way, the other is filled. */
export class ConnectionWriter {
  readonly #connection: WritableConnection;
  readonly #turn: WriteTurn;
  readonly #events: WriterEvents;
  #filling = new Uint8Array(FIRST_BYTES);
  #filled = 0;
  #leaving = new Uint8Array(FIRST_BYTES);
  /** Bytes of `#leaving` that are to go, and that have gone; -1: nothing is on its way. */
  #leavingEnd = -1;
  #gone = 0;
  #isDirty = false;
  #wasFull = false;
  #broken = false;
  #whenIdle: (() => void) | undefined;

  constructor(connection: WritableConnection, turn: WriteTurn, events: WriterEvents) {
    this.#connection = connection;
    this.#turn = turn;
    this.#events = events;
  }

  /** Bytes that have not been handed to the system. */
  get unsentBytes(): number {
    return this.#filled + (this.#leavingEnd < 0 ? 0 : this.#leavingEnd - this.#gone);
  }

  /** More waits than should. */
  get isFull(): boolean {
    const isFull = this.unsentBytes > FULL_BYTES;
    if (isFull) this.#wasFull = true;
    return isFull;
  }

  /** Room for so many bytes in the buffer that is filled: write there, then tell {@link ConnectionWriter.filledTo}. */
  room(bytes: number): { readonly buffer: Uint8Array; readonly at: number } {
    const needed = this.#filled + bytes;
    if (needed > this.#filling.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#filling.length));
      larger.set(this.#filling.subarray(0, this.#filled));
      this.#filling = larger;
    }
    return { buffer: this.#filling, at: this.#filled };
  }

  /** The buffer of {@link ConnectionWriter.room} is filled up to here; it leaves at the end of the turn. */
  filledTo(end: number): void {
    this.#filled = end;
    if (this.#isDirty || this.#broken) return;
    this.#isDirty = true;
    this.#turn.add(this);
  }

  /** Adds bytes. */
  write(bytes: Uint8Array): void {
    const { buffer, at } = this.room(bytes.length);
    buffer.set(bytes, at);
    this.filledTo(at + bytes.length);
  }

  /** Resolves when everything has left, or the connection is broken. */
  idle(): Promise<void> {
    if (this.#broken || this.unsentBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle = resolve);
  }

  /** Nothing more is written; what waits is dropped. */
  break(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#filled = 0;
    this.#leavingEnd = -1;
    this.#whenIdle?.();
  }

  /** Sends what has been filled, unless something is on its way still: then that is done first. */
  flush(): void {
    this.#isDirty = false;
    if (this.#broken || this.#leavingEnd >= 0 || this.#filled === 0) return;
    const filled = this.#filling;
    this.#filling = this.#leaving;
    this.#leaving = filled;
    this.#leavingEnd = this.#filled;
    this.#filled = 0;
    this.#gone = 0;
    this.#send();
  }

  #send(): void {
    this.#connection.write(this.#leaving.subarray(this.#gone, this.#leavingEnd)).then(
      this.#sent,
      this.#failed,
    );
  }

  readonly #sent = (bytes: number) => {
    if (this.#broken) return;
    this.#gone += bytes;
    if (this.#gone < this.#leavingEnd) return this.#send();
    this.#leavingEnd = -1;
    if (this.#leaving.length > FULL_BYTES) this.#leaving = new Uint8Array(FIRST_BYTES);
    if (this.#filled > 0) return this.flush();
    this.#whenIdle?.();
    if (!this.#wasFull) return;
    this.#wasFull = false;
    this.#events.onDrained();
  };

  readonly #failed = () => {
    if (this.#broken) return;
    this.break();
    this.#events.onBroken();
  };
}

const LAST_CHUNK = new TextEncoder().encode("0\r\n\r\n");
const HEX = new TextEncoder().encode("0123456789abcdef");

/** A body in chunks on a connection. */
export class ChunkedSink implements ByteSink {
  readonly #writer: ConnectionWriter;
  readonly #onEnd: (error: Error | undefined) => void;
  #over = false;

  /** `onEnd` is told when the body has ended, or is to be broken off. */
  constructor(writer: ConnectionWriter, onEnd: (error: Error | undefined) => void) {
    this.#writer = writer;
    this.#onEnd = onEnd;
  }

  get isFull(): boolean {
    return this.#writer.isFull;
  }

  write(bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.#over || length === 0) return;
    const digits = length < 0x100 ? (length < 0x10 ? 1 : 2) : length < 0x1000 ? 3 : length < 0x10000 ? 4 : 8;
    const { buffer, at } = this.#writer.room(length + digits + 4);
    let end = at;
    for (let digit = digits - 1; digit >= 0; digit--) buffer[end++] = HEX[(length >>> (4 * digit)) & 15]!;
    buffer[end++] = 13;
    buffer[end++] = 10;
    buffer.set(bytes, end);
    end += length;
    buffer[end++] = 13;
    buffer[end++] = 10;
    this.#writer.filledTo(end);
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#writer.write(LAST_CHUNK);
    this.#onEnd(undefined);
  }

  fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#onEnd(error);
  }
}
