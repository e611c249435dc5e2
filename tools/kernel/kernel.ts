/**
 * A client of the Deno Jupyter kernel over plain TCP: no Python, no native module.
 *
 * @module
 */
import type { JsonObject } from "../../src/formats/json.ts";
import { type KernelConnection, writeConnectionFile } from "./connection.ts";
import { KernelProcess } from "./kernel_process.ts";
import { type Channel, type KernelMessage, MessageCodec } from "./messages.ts";
import { ZmtpSocket } from "./zmtp_socket.ts";

/** Options of {@link Kernel.start}. */
export interface KernelStartOptions {
  /** Working directory, where deno.json is looked for upward. */
  readonly directory: string;
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How long the kernel may take until it answers; default 30. */
  readonly startSeconds?: number;
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

/** Options of a request. */
export interface RequestOptions {
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

/** The kernel's process has ended. */
export class KernelDiedError extends Error {
  override readonly name = "KernelDiedError";
  /** @param lastWords what it wrote to its terminal at the end */
  constructor(status: Deno.CommandStatus, readonly lastWords: string) {
    const how = status.signal === null ? `code ${status.code}` : status.signal;
    super(`kernel ended with ${how}${lastWords === "" ? "" : `: ${lastWords}`}`);
  }
}

/** The kernel did not answer in time. */
export class KernelTimeoutError extends Error {
  override readonly name = "KernelTimeoutError";
  /** @param seconds how long it was waited for */
  constructor(readonly seconds: number) {
    super(`no answer within ${seconds} s`);
  }
}

/** A started kernel that answers. Owns its process, sockets and connection file until {@link Kernel.stop}. */
export class Kernel {
  readonly #process: KernelProcess;
  readonly #connection: KernelConnection;
  readonly #codec: MessageCodec;
  readonly #sockets = new Map<Channel, ZmtpSocket>();
  readonly #listeners = new Set<(message: KernelMessage) => void>();
  readonly #died: Promise<never>;
  #lastSigned: Promise<unknown> = Promise.resolve();

  private constructor(process: KernelProcess, connection: KernelConnection, codec: MessageCodec) {
    this.#process = process;
    this.#connection = connection;
    this.#codec = codec;
    this.#died = process.ended.then((status) =>
      Promise.reject(new KernelDiedError(status, process.lastWords))
    );
    this.#died.catch(() => undefined);
  }

  /**
   * Starts a kernel and waits until it answers on all channels.
   *
   * @throws KernelDiedError when it ends instead
   * @throws KernelTimeoutError when it does not answer in time
   * @throws the signal's reason
   */
  static async start(options: KernelStartOptions): Promise<Kernel> {
    options.signal?.throwIfAborted();
    const connection = await writeConnectionFile();
    const process = KernelProcess.start(connection.file, options);
    const kernel = new Kernel(process, connection, await MessageCodec.create(connection.key));
    const startSeconds = options.startSeconds ?? 30;
    try {
      const deadlineMs = performance.now() + startSeconds * 1000;
      await kernel.#open("iopub", "SUB", deadlineMs);
      await kernel.#open("shell", "DEALER", deadlineMs);
      await kernel.#open("control", "DEALER", deadlineMs);
      while (!await kernel.#answersOnAllChannels()) {
        options.signal?.throwIfAborted();
        if (performance.now() > deadlineMs) throw new KernelTimeoutError(startSeconds);
      }
      options.signal?.throwIfAborted();
      return kernel;
    } catch (error) {
      await kernel.#close();
      throw error;
    }
  }

  /** Calls the listener with every message; returns the function that ends it. */
  listen(listener: (message: KernelMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Sends a request and waits for its reply. Requests leave in the order of the calls.
   *
   * @throws KernelDiedError, KernelTimeoutError, or the signal's reason
   */
  async request(
    channel: "shell" | "control",
    message: { readonly type: string; readonly content: JsonObject },
    options: RequestOptions = {},
  ): Promise<KernelMessage> {
    const id = crypto.randomUUID();
    const reply = this.waitFor((seen) => seen.channel === channel && seen.parentId === id, options);
    reply.catch(() => undefined);
    // Signing takes its own time: without waiting in line a later request could leave first.
    const signed = this.#lastSigned.then(() => this.#codec.encode(id, message.type, message.content));
    this.#lastSigned = signed.catch(() => undefined); // its own caller hears of the failure
    await this.#socket(channel).send(await signed);
    return await reply;
  }

  /**
   * The next message that the condition holds for.
   *
   * @throws KernelDiedError, KernelTimeoutError, or the signal's reason
   */
  async waitFor(
    condition: (message: KernelMessage) => boolean,
    options: RequestOptions = {},
  ): Promise<KernelMessage> {
    const found = Promise.withResolvers<KernelMessage>();
    const stopListening = this.listen((message) => {
      if (condition(message)) found.resolve(message);
    });
    const { timeoutSeconds, signal } = options;
    const onAbort = () => found.reject(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = timeoutSeconds === undefined ? undefined : setTimeout(
      () => found.reject(new KernelTimeoutError(timeoutSeconds)),
      timeoutSeconds * 1000,
    );
    try {
      return await Promise.race([found.promise, this.#died]);
    } finally {
      stopListening();
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** What Jupyter's Stop button does. */
  interrupt(): void {
    this.#process.interrupt();
  }

  /** Asks the kernel to end, gives it two seconds, then ends it and all that its cells started. */
  async stop(): Promise<void> {
    try {
      await this.request("control", { type: "shutdown_request", content: { restart: false } }, {
        timeoutSeconds: 2,
      });
    } catch (error) {
      // A kernel that is busy, hung or already gone is ended by #close.
      if (!isKernelError(error)) throw error;
    } finally {
      await this.#close();
    }
  }

  /** Ends the kernel and all that its cells started at once. */
  async kill(): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    await this.#process.kill();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    try {
      await Deno.remove(this.#connection.file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #socket(channel: Channel): ZmtpSocket {
    const socket = this.#sockets.get(channel);
    if (socket === undefined) {
      throw new Deno.errors.NotConnected(`Cannot send on ${channel}: the kernel is closed`);
    }
    return socket;
  }

  /** Connects to a port of the kernel, again and again while it is starting. */
  async #open(
    channel: "shell" | "iopub" | "control",
    type: "DEALER" | "SUB",
    deadlineMs: number,
  ): Promise<void> {
    while (true) {
      try {
        const connecting = ZmtpSocket.connect(this.#connection.ports[channel], type);
        const socket = await Promise.race([connecting, this.#died]);
        this.#sockets.set(channel, socket);
        void this.#pump(channel, socket);
        return;
      } catch (error) {
        if (error instanceof KernelDiedError || performance.now() > deadlineMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    }
  }

  /** A subscription takes effect some time after it was sent: ready is when iopub has echoed a request of ours. */
  async #answersOnAllChannels(): Promise<boolean> {
    const echoed = this.waitFor((message) => message.channel === "iopub", { timeoutSeconds: 0.2 });
    echoed.catch(() => undefined);
    const info = { type: "kernel_info_request", content: {} };
    try {
      await this.request("shell", info, { timeoutSeconds: 2 });
      await echoed;
      return true;
    } catch (error) {
      if (error instanceof KernelTimeoutError) return false;
      throw error;
    }
  }

  async #pump(channel: Channel, socket: ZmtpSocket): Promise<void> {
    while (true) {
      let parts: Uint8Array[];
      try {
        parts = await socket.receive();
      } catch {
        // Closed by us, or by the kernel's end, of which #died tells every waiting caller.
        return;
      }
      const message = await this.#codec.decode(channel, parts);
      for (const listener of [...this.#listeners]) listener(message);
    }
  }
}

/** True for the ends that a kernel itself comes to: dead, silent, closed. */
export function isKernelError(error: unknown): error is Error {
  return error instanceof KernelDiedError || error instanceof KernelTimeoutError ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.UnexpectedEof;
}
