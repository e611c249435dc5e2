/**
 * A server with a known schedule that tells its own truth: `deno run -A bench/client_server.ts`.
 *
 * One thread over epoll. Per request id it keeps when the kernel received the request and the time right before each
 * chunk's write; `GET /truth` gives them as JSON lines and forgets them. The first line of its output is its port.
 *
 * @module
 */
import {
  Epoll,
  type Libc,
  LINUX,
  openLibc,
  setOption,
  socketAddress,
  StampedReader,
  wallOffsetSeconds,
} from "../src/simulator/workload/libc.ts";

interface Schedule {
  readonly ttftSeconds: number;
  readonly itlSeconds: number;
  readonly tokens: number;
}

/** What the server did with one request; Unix seconds. */
export interface ServerTruth {
  readonly id: string;
  readonly receivedSeconds: number;
  readonly writesSeconds: readonly number[];
  /** How late its last chunk was by the schedule: the server's own lack of processor time. */
  readonly lateSeconds: number;
}

interface Stream {
  readonly fd: number;
  readonly id: string;
  readonly receivedSeconds: number;
  readonly writes: number[];
  nextSeconds: number;
  /** The client went: what is left is not written, its socket may be another client's by now. */
  gone: boolean;
}

const encoder = new TextEncoder();
const framed = (text: string) => encoder.encode(`${text.length.toString(16)}\r\n${text}\r\n`);
const token = (finish: string) =>
  framed(
    `data: {"id":"cmpl-0","object":"text_completion","created":0,"model":"bench","choices":[{"index":0,"text":" word","logprobs":null,"finish_reason":${finish},"stop_reason":null}]}\n\n`,
  );
const HEAD = encoder.encode(
  "HTTP/1.1 200 OK\r\nserver: bench\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n",
);
const TOKEN = token("null");
const LAST = token('"length"');

/** Streams by the time of their next chunk. */
class DueHeap {
  readonly #items: Stream[] = [];

  get first(): Stream | undefined {
    return this.#items[0];
  }

  push(stream: Stream): void {
    this.#items.push(stream);
    for (let i = this.#items.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (this.#items[parent]!.nextSeconds <= this.#items[i]!.nextSeconds) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  pop(): Stream | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.#items[0] = last;
    for (let i = 0;;) {
      const left = 2 * i + 1;
      const right = left + 1;
      let least = i;
      if (left < this.#items.length && this.#items[left]!.nextSeconds < this.#items[least]!.nextSeconds) {
        least = left;
      }
      if (right < this.#items.length && this.#items[right]!.nextSeconds < this.#items[least]!.nextSeconds) {
        least = right;
      }
      if (least === i) return first;
      this.#swap(i, least);
      i = least;
    }
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a]!;
    this.#items[a] = this.#items[b]!;
    this.#items[b] = item;
  }
}

class TruthServer {
  readonly #libc: Libc = openLibc();
  readonly #epoll = new Epoll(this.#libc);
  readonly #reader = new StampedReader(this.#libc);
  readonly #schedule: Schedule;
  readonly #due = new DueHeap();
  readonly #partial = new Map<number, string>();
  readonly #streams = new Map<number, Stream>();
  readonly #truths: ServerTruth[] = [];
  readonly #listener: number;
  #live = 0;
  #unnamed = 0;
  #maxLive = 0;
  readonly port: number;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    const libc = this.#libc;
    this.#listener = libc.socket(
      LINUX.AF_INET,
      LINUX.SOCK_STREAM | LINUX.SOCK_NONBLOCK | LINUX.SOCK_CLOEXEC,
      0,
    );
    setOption(libc, this.#listener, { level: LINUX.SOL_SOCKET, name: LINUX.SO_REUSEADDR });
    const address = socketAddress("127.0.0.1", 0);
    if (libc.bind(this.#listener, address, address.length) !== 0 || libc.listen(this.#listener, 4096) !== 0) {
      throw new TypeError("Cannot serve: bind or listen failed, wanted a free port");
    }
    libc.getsockname(this.#listener, address, new Uint8Array(Uint32Array.of(16).buffer));
    this.port = new DataView(address.buffer).getUint16(2, false);
    this.#epoll.watch(this.#listener, LINUX.EPOLLIN, "add");
  }

  /** Serves until the process ends. */
  serve(): never {
    while (true) {
      this.#writeDue();
      const next = this.#due.first;
      const seconds = next === undefined ? 1 : next.nextSeconds - now();
      // Asleep, not turning: a server that held a processor would leave its client one of two, and measure that.
      if (seconds > 0) this.#epoll.sleep(seconds);
      this.#epoll.wait(0, (fd) => fd === this.#listener ? this.#accept() : this.#read(fd));
    }
  }

  #accept(): void {
    while (true) {
      const fd = this.#libc.accept4(this.#listener, null, null, LINUX.SOCK_NONBLOCK | LINUX.SOCK_CLOEXEC);
      if (fd < 0) return;
      setOption(this.#libc, fd, { level: LINUX.IPPROTO_TCP, name: LINUX.TCP_NODELAY });
      setOption(this.#libc, fd, { level: LINUX.SOL_SOCKET, name: LINUX.SO_TIMESTAMPNS });
      this.#epoll.watch(fd, LINUX.EPOLLIN, "add");
    }
  }

  #read(fd: number): void {
    const count = this.#reader.read(fd);
    if (count < 0) return;
    if (count === 0) {
      this.#partial.delete(fd);
      this.#leave(fd);
      this.#libc.close(fd);
      return;
    }
    const stamp = this.#reader.receivedSeconds;
    const received = stamp === undefined ? now() : stamp + clockOffset(this.#libc);
    const text = (this.#partial.get(fd) ?? "") + String.fromCharCode(...this.#reader.bytes(count));
    const headEnd = text.indexOf("\r\n\r\n");
    const length = Number(text.match(/content-length: *(\d+)/i)?.[1] ?? 0);
    if (headEnd < 0 || text.length < headEnd + 4 + length) {
      this.#partial.set(fd, text);
      return;
    }
    this.#partial.delete(fd);
    this.#answer(fd, text, received);
  }

  #answer(fd: number, text: string, receivedSeconds: number): void {
    if (text.startsWith("GET /truth")) return this.#tellTruth(fd);
    if (text.startsWith("GET")) {
      return this.#json(fd, '{"object":"list","data":[{"id":"bench","max_model_len":4096}]}');
    }
    if (!text.startsWith("POST /v1/c")) return this.#json(fd, '{"detail":"Not Found"}', "404 Not Found");
    this.#send(fd, HEAD);
    this.#live++;
    this.#maxLive = Math.max(this.#maxLive, this.#live);
    const id = text.match(/x-request-id: *(\S+)/i)?.[1] ?? `unnamed-${this.#unnamed++}`;
    const nextSeconds = receivedSeconds + this.#schedule.ttftSeconds;
    const stream = { fd, id, receivedSeconds, writes: [], nextSeconds, gone: false };
    this.#streams.set(fd, stream);
    this.#due.push(stream);
  }

  #leave(fd: number): void {
    const stream = this.#streams.get(fd);
    if (stream === undefined) return;
    stream.gone = true;
    this.#streams.delete(fd);
    this.#live--;
  }

  #writeDue(): void {
    for (
      let stream = this.#due.first;
      stream !== undefined && stream.nextSeconds <= now();
      stream = this.#due.first
    ) {
      this.#due.pop();
      if (stream.gone) continue;
      const isLast = stream.writes.length + 1 === this.#schedule.tokens;
      stream.writes.push(now());
      this.#send(stream.fd, isLast ? LAST : TOKEN);
      if (isLast) this.#end(stream);
      else {
        stream.nextSeconds += this.#schedule.itlSeconds;
        this.#due.push(stream);
      }
    }
  }

  #end(stream: Stream): void {
    const { tokens, ttftSeconds, itlSeconds } = this.#schedule;
    const plannedSeconds = stream.receivedSeconds + ttftSeconds + (tokens - 1) * itlSeconds;
    const usage = `data: {"choices":[],"usage":{"prompt_tokens":8,"total_tokens":${
      8 + tokens
    },"completion_tokens":${tokens}}}\n\n`;
    this.#send(stream.fd, framed(usage));
    this.#send(stream.fd, encoder.encode("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"));
    this.#live--;
    this.#streams.delete(stream.fd);
    this.#truths.push({
      id: stream.id,
      receivedSeconds: stream.receivedSeconds,
      writesSeconds: stream.writes,
      lateSeconds: stream.writes.at(-1)! - plannedSeconds,
    });
  }

  #tellTruth(fd: number): void {
    const lines = this.#truths.splice(0).map((truth) => JSON.stringify(truth));
    this.#json(fd, [JSON.stringify({ maxLive: this.#maxLive }), ...lines].join("\n"));
    this.#maxLive = this.#live;
  }

  #json(fd: number, body: string, status = "200 OK"): void {
    const bytes = encoder.encode(body);
    this.#send(
      fd,
      encoder.encode(
        `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`,
      ),
    );
    this.#send(fd, bytes);
  }

  /** A client that reads too slowly for the kernel's buffer is waited for: no truth is worth a lost byte. */
  #send(fd: number, bytes: Uint8Array<ArrayBuffer>): void {
    let rest = bytes;
    for (let tries = 0; rest.length > 0 && tries < 1_000_000; tries++) {
      const written = Number(this.#libc.send(fd, rest, BigInt(rest.length), LINUX.MSG_NOSIGNAL));
      if (written === rest.length) return;
      if (written > 0) rest = rest.slice(written);
    }
  }
}

function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

let offset = { seconds: 0, readAt: -Infinity };

/** From the kernel's wall clock to this process's clock. */
function clockOffset(libc: Libc): number {
  const at = now();
  if (at - offset.readAt > 1) offset = { seconds: wallOffsetSeconds(libc, now), readAt: at };
  return offset.seconds;
}

if (import.meta.main) {
  const [ttft = "0.05", itl = "0.01", tokens = "64"] = Deno.args;
  const server = new TruthServer({
    ttftSeconds: Number(ttft),
    itlSeconds: Number(itl),
    tokens: Number(tokens),
  });
  Deno.stdout.writeSync(encoder.encode(`${server.port}\n`));
  server.serve();
}
