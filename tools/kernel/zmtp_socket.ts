/**
 * A ZeroMQ socket over one plain TCP connection.
 *
 * @module
 */
import {
  FLAG_COMMAND,
  FLAG_LONG,
  FLAG_MORE,
  greeting,
  GREETING_BYTES,
  message,
  readyCommand,
  type SocketType,
  subscribeToAll,
} from "./frames.ts";

/** A connected socket; messages are lists of parts. */
export class ZmtpSocket {
  readonly #connection: Deno.TcpConn;
  readonly #reader: ByteReader;
  #lastWrite: Promise<void> = Promise.resolve();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#reader = new ByteReader(connection);
  }

  /**
   * Connects and shakes hands. One attempt; the caller repeats while the other side is starting.
   *
   * @throws Deno.errors.ConnectionRefused while nobody listens on the port
   */
  static async connect(port: number, type: SocketType): Promise<ZmtpSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    try {
      connection.setNoDelay(true);
      const socket = new ZmtpSocket(connection);
      await socket.#write(greeting());
      await socket.#reader.read(GREETING_BYTES);
      await socket.#write(readyCommand(type));
      await socket.#readFrame();
      if (type === "SUB") await socket.#write(subscribeToAll());
      return socket;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Sends a message; messages leave in the order of the calls. */
  send(parts: readonly Uint8Array[]): Promise<void> {
    return this.#write(message(parts));
  }

  /**
   * The next message.
   *
   * @throws Deno.errors.UnexpectedEof when the other side has closed
   */
  async receive(): Promise<Uint8Array[]> {
    const parts: Uint8Array[] = [];
    while (true) {
      const { flags, data } = await this.#readFrame();
      if ((flags & FLAG_COMMAND) !== 0) continue;
      parts.push(data);
      if ((flags & FLAG_MORE) === 0) return parts;
    }
  }

  /** Closes; a pending receive rejects. Closing twice is fine. */
  close(): void {
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #readFrame(): Promise<{ flags: number; data: Uint8Array }> {
    const flags = (await this.#reader.read(1))[0] ?? 0;
    const long = (flags & FLAG_LONG) !== 0;
    const size = await this.#reader.read(long ? 8 : 1);
    const length = long ? Number(new DataView(size.buffer, size.byteOffset).getBigUint64(0)) : size[0] ?? 0;
    return { flags, data: await this.#reader.read(length) };
  }

  #write(bytes: Uint8Array): Promise<void> {
    const write = this.#lastWrite.then(() => this.#writeNow(bytes));
    // The chain goes on after a failed write; its own caller hears of the failure.
    this.#lastWrite = write.catch(() => undefined);
    return write;
  }

  async #writeNow(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length;) {
      offset += await this.#connection.write(bytes.subarray(offset));
    }
  }
}

/** Reads exact numbers of bytes from a connection. */
class ByteReader {
  readonly #connection: Deno.TcpConn;
  #chunks: Uint8Array[] = [];
  #available = 0;

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  async read(count: number): Promise<Uint8Array> {
    while (this.#available < count) {
      const buffer = new Uint8Array(65_536);
      const read = await this.#connection.read(buffer);
      if (read === null) {
        throw new Deno.errors.UnexpectedEof("Cannot read from kernel: it closed the connection");
      }
      this.#chunks.push(buffer.subarray(0, read));
      this.#available += read;
    }
    return this.#take(count);
  }

  #take(count: number): Uint8Array {
    const out = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const first = this.#chunks[0];
      if (first === undefined) break;
      const part = first.subarray(0, count - filled);
      out.set(part, filled);
      filled += part.length;
      if (part.length === first.length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(part.length);
    }
    this.#available -= count;
    return out;
  }
}
