/**
 * The few functions of Linux' C library that reading sockets without the runtime takes.
 *
 * @module
 */

/** Flags and numbers of the kernel's interface, the same on x86-64 and arm64. */
export const LINUX = {
  AF_INET: 2,
  SOCK_STREAM: 1,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_ERROR: 4,
  SO_TIMESTAMPNS: 35,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  TCP_QUICKACK: 12,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD: 3,
  EPOLLIN: 0x1,
  EPOLLOUT: 0x4,
  EPOLLERR: 0x8,
  EPOLLHUP: 0x10,
  EPOLLRDHUP: 0x2000,
  MSG_NOSIGNAL: 0x4000,
  CLOCK_REALTIME: 0,
} as const;

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  // Both tell less than 2 GiB here, so the lower half of their result is all of it, and no BigInt has to be made.
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  ppoll: { parameters: ["buffer", "usize", "buffer", "pointer"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The library's functions. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let opened: Libc | undefined;

/** Opens the library once a thread. Throws where FFI is not allowed or this is not Linux with a 64-bit C library. */
export function openLibc(): Libc {
  if (!canUseEpoll()) {
    throw new TypeError(
      `Cannot use epoll: ${Deno.build.os} on ${Deno.build.arch}, wanted linux on x86_64 or aarch64`,
    );
  }
  opened ??= Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  return opened;
}

/** True where the engine's structures are known. */
export function canUseEpoll(): boolean {
  return Deno.build.os === "linux" && (Deno.build.arch === "x86_64" || Deno.build.arch === "aarch64");
}

/** A set of sockets that are waited for. */
export class Epoll {
  /** On x86-64 the kernel packs the structure to 12 bytes; everywhere else its 64-bit field is aligned. */
  static readonly #EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
  static readonly #DATA_OFFSET = Deno.build.arch === "x86_64" ? 4 : 8;
  static readonly #MOST_EVENTS = 1024;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(Epoll.#EVENT_BYTES * Epoll.#MOST_EVENTS);
  readonly #view = new DataView(this.#buffer.buffer);
  readonly #one = new Uint8Array(Epoll.#EVENT_BYTES);
  readonly #oneView = new DataView(this.#one.buffer);
  /** struct pollfd (descriptor, then events and what came of them) and struct timespec. */
  readonly #polled = new Int32Array(2);
  readonly #polledBytes = new Uint8Array(this.#polled.buffer);
  readonly #timeout = new BigInt64Array(2);
  readonly #timeoutBytes = new Uint8Array(this.#timeout.buffer);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = libc.epoll_create1(LINUX.SOCK_CLOEXEC);
    if (this.#fd < 0) throw new TypeError("Cannot use epoll: epoll_create1 failed, wanted a file descriptor");
  }

  /** Watches a socket for events, anew or instead of those watched before. */
  watch(fd: number, events: number, mode: "add" | "change"): void {
    this.#oneView.setUint32(0, events, true);
    this.#oneView.setInt32(Epoll.#DATA_OFFSET, fd, true);
    const operation = mode === "add" ? LINUX.EPOLL_CTL_ADD : LINUX.EPOLL_CTL_MOD;
    if (this.#libc.epoll_ctl(this.#fd, operation, fd, this.#one) !== 0) {
      throw new TypeError(`Cannot watch socket ${fd}: epoll_ctl failed, wanted success`);
    }
  }

  /** Waits at most so many milliseconds; 0 looks and returns. */
  wait(timeoutMilliseconds: number, onReady: (fd: number, events: number) => void): number {
    const count = this.#libc.epoll_wait(this.#fd, this.#buffer, Epoll.#MOST_EVENTS, timeoutMilliseconds);
    for (let i = 0; i < count; i++) {
      const at = i * Epoll.#EVENT_BYTES;
      onReady(this.#view.getInt32(at + Epoll.#DATA_OFFSET, true), this.#view.getUint32(at, true));
    }
    return count;
  }

  /** Sleeps until an event is there, or so many seconds at most: exact to the kernel's slack of some 50 µs, without a turn. */
  sleep(seconds: number): void {
    this.#polled[0] = this.#fd;
    this.#polled[1] = LINUX.EPOLLIN;
    this.#timeout[0] = BigInt(Math.floor(seconds));
    this.#timeout[1] = BigInt(Math.floor((seconds % 1) * 1e9));
    this.#libc.ppoll(this.#polledBytes, 1n, this.#timeoutBytes, null);
  }

  /** Ends watching altogether. */
  close(): void {
    this.#libc.close(this.#fd);
  }
}

/**
 * Reads sockets together with the time at which the kernel received the bytes.
 *
 * It runs for every token chunk, so nothing is allocated: structures are written through 32-bit views, and the views of the
 * read bytes are kept by their length, which a stream's chunks share.
 */
export class StampedReader {
  static readonly #CONTROL_BYTES = 64;
  static readonly #KEPT_VIEWS = 1024;
  readonly #libc: Libc;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #views: (Uint8Array<ArrayBuffer> | undefined)[] = new Array(StampedReader.#KEPT_VIEWS).fill(
    undefined,
  );
  readonly #control = new Uint32Array(StampedReader.#CONTROL_BYTES / 4);
  readonly #vector = new BigUint64Array(2);
  readonly #vectorWords = new Uint32Array(this.#vector.buffer);
  /** struct msghdr on 64 bits: name, namelen, iov, iovlen, control, controllen, flags. */
  readonly #header = new BigUint64Array(7);
  readonly #headerWords = new Uint32Array(this.#header.buffer);
  readonly #headerBytes = new Uint8Array(this.#header.buffer);

  constructor(libc: Libc, bufferBytes = 64 * 1024) {
    this.#libc = libc;
    this.#buffer = new Uint8Array(bufferBytes);
    this.#vector[0] = addressOf(this.#buffer);
    this.#header[2] = addressOf(new Uint8Array(this.#vector.buffer));
    this.#header[3] = 1n;
    this.#header[4] = addressOf(new Uint8Array(this.#control.buffer));
  }

  /** The bytes of the last read. Valid until the next one. */
  bytes(count: number): Uint8Array<ArrayBuffer> {
    if (count >= StampedReader.#KEPT_VIEWS) return this.#buffer.subarray(0, count);
    return this.#views[count] ??= this.#buffer.subarray(0, count);
  }

  /** The most that one read can bring. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /**
   * Reads once, at most so many bytes. Returns their number, 0 at the end of the stream, -1 when nothing is there or it
   * broke. Of segments that wait together the time is that of the last one touched: less is read to have each one's own.
   */
  read(fd: number, mostBytes = this.#buffer.length): number {
    this.#vectorWords[2] = Math.min(mostBytes, this.#buffer.length);
    this.#headerWords[10] = StampedReader.#CONTROL_BYTES;
    this.#control[2] = 0;
    return this.#libc.recvmsg(fd, this.#headerBytes, 0);
  }

  /** When the kernel received the last read's bytes, Unix seconds by the wall clock; undefined if it did not say. */
  get receivedSeconds(): number | undefined {
    // struct cmsghdr: len (8 bytes), level (4), type (4), then struct timespec: seconds (8), nanoseconds (8).
    const control = this.#control;
    if (control[2] !== LINUX.SOL_SOCKET || control[3] !== LINUX.SO_TIMESTAMPNS) return undefined;
    return control[4]! + control[5]! * 2 ** 32 + control[6]! / 1e9;
  }
}

/** The wall clock, Unix seconds: what the kernel's receive times are told by. */
function wallSeconds(libc: Libc): number {
  const spec = new BigInt64Array(2);
  libc.clock_gettime(LINUX.CLOCK_REALTIME, new Uint8Array(spec.buffer));
  return Number(spec[0]!) + Number(spec[1]!) / 1e9;
}

const OFFSET_TRIES = 8;

/**
 * What has to be added to the wall clock to get another one. Both are read in turns; the turn in which the thread was
 * held up least decides, so that being preempted between two readings does not shift every stamp.
 */
export function wallOffsetSeconds(libc: Libc, nowSeconds: () => number): number {
  let best = { width: Infinity, offset: 0 };
  for (let i = 0; i < OFFSET_TRIES; i++) {
    const before = nowSeconds();
    const wall = wallSeconds(libc);
    const after = nowSeconds();
    if (after - before < best.width) best = { width: after - before, offset: (before + after) / 2 - wall };
  }
  return best.offset;
}

/** struct sockaddr_in of an IPv4 address. */
export function socketAddress(address: string, port: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, LINUX.AF_INET, true);
  view.setUint16(2, port, false);
  address.split(".").forEach((part, i) => bytes[4 + i] = Number(part));
  return bytes;
}

/** Sets an integer option; a kernel that refuses it does without. */
export function setOption(
  libc: Libc,
  fd: number,
  option: { readonly level: number; readonly name: number; readonly value?: number },
): void {
  libc.setsockopt(fd, option.level, option.name, new Uint8Array(Int32Array.of(option.value ?? 1).buffer), 4);
}

/** The pending error of a socket, 0 when there is none. */
export function socketError(libc: Libc, fd: number): number {
  const value = new Int32Array(1);
  const length = new Uint32Array([4]);
  libc.getsockopt(
    fd,
    LINUX.SOL_SOCKET,
    LINUX.SO_ERROR,
    new Uint8Array(value.buffer),
    new Uint8Array(length.buffer),
  );
  return value[0]!;
}

const ERRORS: Readonly<Record<number, string>> = {
  101: "network is unreachable",
  104: "connection reset by peer",
  110: "connection timed out",
  111: "connection refused",
  113: "no route to host",
  32: "broken pipe",
};

/** An errno of the network in words. */
export function errorText(errno: number): string {
  return ERRORS[errno] ?? `socket error ${errno}`;
}

function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}
