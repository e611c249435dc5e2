/**
 * The engine over Linux' epoll: sockets are read without the runtime, and every read carries the time at which the
 * kernel received it. It belongs into a thread of its own, which it blocks for a millisecond at a time.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../base/clock.ts";
import { type HttpListener, HttpScanner } from "./http_scanner.ts";
import {
  canUseEpoll,
  Epoll,
  errorText,
  type Libc,
  LINUX,
  openLibc,
  setOption,
  socketAddress,
  socketError,
  StampedReader,
  wallOffsetSeconds,
} from "./libc.ts";
import { ReadBound, ResponseSizes } from "./read_bound.ts";
import { encodeRequest, MAX_IDLE_SECONDS } from "./raw_transport.ts";
import { type CallListener, hintsOf, requestHeaders, type Transport, TransportError } from "./transport.ts";

/** How long the thread may sleep in the kernel before timers get their turn. */
const BLOCK_MILLISECONDS = 1;
/** How often the distance between the wall clock and the lab's clock is read anew. */
const OFFSET_SECONDS = 1;

interface Socket {
  readonly fd: number;
  readonly scanner: HttpScanner;
  readonly bound: ReadBound;
  state: "connecting" | "busy" | "idle" | "closed";
  idleSinceSeconds: number;
  /** What is left to be written. */
  unsent: Uint8Array<ArrayBuffer> | undefined;
  /** Told of the next thing that happens: connected, answered, broken. */
  settle: ((error: Error | undefined) => void) | undefined;
  stampSeconds: number;
}

const NOBODY: HttpListener = { head: () => {}, body: () => {}, end: () => {} };

/**
 * Makes the engine.
 *
 * @param apiBase the API's base, as `normaliseBase` gives it: http, with an IPv4 address or `localhost`
 * @throws TypeError on other systems, for https and for names that would have to be resolved
 */
export function epollTransport(
  apiBase: string,
  options: { readonly clock: Clock; readonly headers?: Readonly<Record<string, string>> },
): Transport {
  const url = new URL(apiBase);
  const loop = new SocketLoop(openLibc(), options.clock, epollAddress(url));
  const prefix = url.pathname.replace(/\/+$/, "");
  const common = {
    host: url.host,
    connection: "keep-alive",
    "accept-encoding": "identity",
    ...options.headers,
  };
  return {
    engine: "epoll",
    open: (count) => loop.fill(count),
    close: () => loop.close(),
    async send(call, listener, signal) {
      signal.throwIfAborted();
      const request = encodeRequest(call, prefix + call.path, requestHeaders(call, common));
      const kept = loop.take();
      if (kept !== undefined && await loop.exchange(kept, { request, listener, signal, fresh: false })) {
        return;
      }
      listener.connecting(options.clock.nowSeconds());
      const socket = await loop.connect(signal);
      listener.connected(options.clock.nowSeconds());
      await loop.exchange(socket, { request, listener, signal, fresh: true });
    },
  };
}

/** Whether an address can be reached without TLS and without asking for a name. */
export function isEpollAddress(url: URL): boolean {
  return url.protocol === "http:" && (url.hostname === "localhost" || /^\d+(\.\d+){3}$/.test(url.hostname));
}

/** Whether this engine can reach an API from here, be FFI allowed already or not. */
export function canReachByEpoll(apiBase: string): boolean {
  return canUseEpoll() && isEpollAddress(new URL(apiBase));
}

function epollAddress(url: URL): Uint8Array<ArrayBuffer> {
  if (!isEpollAddress(url)) {
    throw new TypeError(
      `Cannot use epoll for ${url.origin}: wanted http:// with an IPv4 address or localhost`,
    );
  }
  const address = url.hostname === "localhost" ? "127.0.0.1" : url.hostname;
  return socketAddress(address, url.port === "" ? 80 : Number(url.port));
}

interface Exchange {
  readonly request: Uint8Array<ArrayBuffer>;
  readonly listener: CallListener;
  readonly signal: AbortSignal;
  readonly fresh: boolean;
}

/** All sockets of one server, and the loop that waits for them while any is busy. */
class SocketLoop {
  readonly #libc: Libc;
  readonly #clock: Clock;
  readonly #address: Uint8Array<ArrayBuffer>;
  #opened: Epoll | undefined;
  readonly #reader: StampedReader;
  readonly #sizes = new ResponseSizes();
  readonly #sockets = new Map<number, Socket>();
  #idle: Socket[] = [];
  #waiting = 0;
  #looping = false;
  #offset = { seconds: 0, readAtSeconds: -Infinity };

  constructor(libc: Libc, clock: Clock, address: Uint8Array<ArrayBuffer>) {
    this.#libc = libc;
    this.#clock = clock;
    this.#address = address;
    this.#reader = new StampedReader(libc);
  }

  get #epoll(): Epoll {
    this.#opened ??= new Epoll(this.#libc);
    return this.#opened;
  }

  take(): Socket | undefined {
    while (true) {
      const socket = this.#idle.pop();
      if (socket === undefined) return undefined;
      if (socket.state === "idle" && this.#clock.nowSeconds() - socket.idleSinceSeconds <= MAX_IDLE_SECONDS) {
        return socket;
      }
      this.#close(socket);
    }
  }

  async fill(count: number): Promise<void> {
    const missing = Math.max(0, count - this.#idle.length);
    const never = new AbortController().signal;
    const opened = await Promise.allSettled(Array.from({ length: missing }, () => this.connect(never)));
    // A refusal here is met again by the request that needs the connection, and recorded there.
    for (const result of opened) {
      if (result.status === "fulfilled") this.#keep(result.value);
    }
  }

  async connect(signal: AbortSignal): Promise<Socket> {
    const libc = this.#libc;
    const fd = libc.socket(LINUX.AF_INET, LINUX.SOCK_STREAM | LINUX.SOCK_NONBLOCK | LINUX.SOCK_CLOEXEC, 0);
    if (fd < 0) throw new TransportError("connect", "no file descriptor left for a socket");
    setOption(libc, fd, { level: LINUX.IPPROTO_TCP, name: LINUX.TCP_NODELAY });
    setOption(libc, fd, { level: LINUX.SOL_SOCKET, name: LINUX.SO_TIMESTAMPNS });
    // On the loopback device a segment that is acknowledged at once is joined to the one that waits before it, and its
    // time with it. The kernel ends this itself after the first answer.
    if (this.#address[4] === 127) {
      setOption(libc, fd, { level: LINUX.IPPROTO_TCP, name: LINUX.TCP_QUICKACK, value: 0 });
    }
    const socket: Socket = {
      fd,
      scanner: new HttpScanner(NOBODY),
      bound: new ReadBound(this.#sizes),
      state: "connecting",
      idleSinceSeconds: 0,
      unsent: undefined,
      settle: undefined,
      stampSeconds: 0,
    };
    this.#sockets.set(fd, socket);
    // -1 is "in progress" here; a real failure shows as an event with its error.
    libc.connect(fd, this.#address, this.#address.length);
    this.#epoll.watch(fd, LINUX.EPOLLOUT, "add");
    try {
      await this.#wait(socket, signal);
    } catch (error) {
      this.#close(socket);
      signal.throwIfAborted();
      throw error instanceof TransportError
        ? error
        : new TransportError("connect", String(error), { cause: error });
    }
    return socket;
  }

  /** Writes and reads; false when a kept socket was found dead before the first byte of an answer. */
  async exchange(socket: Socket, { request, listener, signal, fresh }: Exchange): Promise<boolean> {
    socket.state = "busy";
    socket.scanner.next({
      head: (status, headers) => {
        const hints = hintsOf(status, (name) => headers.get(name));
        listener.head(status, headers.get("content-type"), socket.stampSeconds, hints);
      },
      body: (bytes) => listener.body(bytes, socket.stampSeconds),
      chunk: (bytes, from, to) => listener.chunk?.(bytes, from, to, socket.stampSeconds) ?? false,
      end: () => listener.ended(socket.stampSeconds),
      framed: (part, wireBytes) => socket.bound.framed(part, wireBytes),
    });
    socket.bound.next();
    try {
      signal.throwIfAborted();
      // Nothing stands between the stamp and the kernel; the listener is told afterwards.
      const sentSeconds = this.#clock.nowSeconds();
      socket.unsent = request;
      this.#write(socket);
      listener.sending(sentSeconds);
      await this.#wait(socket, signal);
    } catch (error) {
      this.#close(socket);
      signal.throwIfAborted();
      if (!fresh && socket.scanner.untouched && error instanceof TransportError) return false;
      throw error;
    }
    if (socket.scanner.keepAlive) this.#keep(socket);
    else this.#close(socket);
    return true;
  }

  close(): void {
    for (const socket of this.#idle) this.#close(socket);
    this.#idle = [];
    if (this.#sockets.size > 0) return; // still in use: closed with the next call
    this.#opened?.close();
    this.#opened = undefined;
  }

  #keep(socket: Socket): void {
    socket.state = "idle";
    socket.idleSinceSeconds = this.#clock.nowSeconds();
    this.#idle.push(socket);
  }

  /** Waits until the loop settles a socket. */
  async #wait(socket: Socket, signal: AbortSignal): Promise<void> {
    const happened = Promise.withResolvers<void>();
    socket.settle = (error) => error === undefined ? happened.resolve() : happened.reject(error);
    const onAbort = () => happened.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#waiting++;
    this.#start();
    try {
      await happened.promise;
    } finally {
      this.#waiting--;
      socket.settle = undefined;
      signal.removeEventListener("abort", onAbort);
    }
  }

  #start(): void {
    if (this.#looping) return;
    this.#looping = true;
    const turn = () => {
      if (this.#waiting === 0) {
        this.#looping = false;
        return;
      }
      this.#epoll.wait(BLOCK_MILLISECONDS, (fd, events) => this.#ready(fd, events));
      setImmediate(turn);
    };
    setImmediate(turn);
  }

  #ready(fd: number, events: number): void {
    const socket = this.#sockets.get(fd);
    if (socket === undefined) return;
    try {
      if (socket.state === "connecting") this.#connected(socket);
      else if (socket.state === "idle") this.#close(socket); // the server closed, or speaks unasked
      else {
        if ((events & LINUX.EPOLLOUT) !== 0) this.#write(socket);
        if ((events & ~LINUX.EPOLLOUT) !== 0) this.#read(socket, events);
      }
    } catch (error) {
      socket.settle?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #connected(socket: Socket): void {
    const errno = socketError(this.#libc, socket.fd);
    if (errno !== 0) return socket.settle?.(new TransportError("connect", errorText(errno)));
    this.#epoll.watch(socket.fd, LINUX.EPOLLIN | LINUX.EPOLLRDHUP, "change");
    socket.settle?.(undefined);
  }

  #write(socket: Socket): void {
    const { unsent } = socket;
    if (unsent === undefined) return;
    const written = this.#libc.send(socket.fd, unsent, BigInt(unsent.length), LINUX.MSG_NOSIGNAL);
    if (written < 0) {
      const errno = socketError(this.#libc, socket.fd);
      if (errno !== 0) throw new TransportError("send", errorText(errno));
    }
    socket.unsent = written >= unsent.length ? undefined : unsent.slice(Math.max(0, written));
    const more = socket.unsent === undefined ? 0 : LINUX.EPOLLOUT;
    // Only a body too large for the kernel's buffer needs another event.
    if (more !== 0 || written < unsent.length) {
      this.#epoll.watch(socket.fd, LINUX.EPOLLIN | LINUX.EPOLLRDHUP | more, "change");
    }
  }

  /** One chunk a call: the kernel tells again of a socket in which more waits. */
  #read(socket: Socket, events: number): void {
    const { scanner, bound } = socket;
    do {
      const most = Math.min(bound.most(scanner), this.#reader.capacity);
      const count = this.#reader.read(socket.fd, most);
      if (count <= 0) return this.#ended(socket, { count, events });
      socket.stampSeconds = this.#stamp(this.#reader.receivedSeconds);
      scanner.push(this.#reader.bytes(count));
      if (scanner.done) return socket.settle?.(undefined);
      if (count < most) return;
    } while (scanner.place !== "between_chunks");
  }

  #ended(socket: Socket, { count, events }: { readonly count: number; readonly events: number }): void {
    if (count === 0) {
      socket.stampSeconds = this.#clock.nowSeconds();
      if (socket.scanner.close()) return socket.settle?.(undefined);
      throw new TransportError("receive", "connection closed before the answer ended");
    }
    const errno = socketError(this.#libc, socket.fd);
    if (errno === 0 && (events & (LINUX.EPOLLERR | LINUX.EPOLLHUP)) === 0) return; // nothing there after all
    throw new TransportError("receive", errno === 0 ? "connection reset by peer" : errorText(errno));
  }

  /** The kernel's time on the lab's clock; now where the kernel gave none. */
  #stamp(receivedSeconds: number | undefined): number {
    const now = this.#clock.nowSeconds();
    if (receivedSeconds === undefined) return now;
    if (now - this.#offset.readAtSeconds > OFFSET_SECONDS) {
      this.#offset = {
        seconds: wallOffsetSeconds(this.#libc, () => this.#clock.nowSeconds()),
        readAtSeconds: now,
      };
    }
    return Math.min(now, receivedSeconds + this.#offset.seconds);
  }

  #close(socket: Socket): void {
    if (socket.state === "closed") return;
    socket.state = "closed";
    this.#sockets.delete(socket.fd);
    this.#libc.close(socket.fd);
  }
}
