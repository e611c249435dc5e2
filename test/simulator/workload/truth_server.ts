/** A server on a real socket that reports what it did per request id. */

/** What the server did with one request; Unix seconds. */
export interface Truth {
  readonly receivedSeconds: number;
  readonly writesSeconds: readonly number[];
}

/** Its schedule. */
export interface TruthSchedule {
  readonly ttftSeconds: number;
  readonly itlSeconds: number;
  readonly tokens: number;
}

/** Serves until it is disposed. */
export function serveTruth(schedule: TruthSchedule) {
  const truths = new Map<string, Truth>();
  const flight = { now: 0, max: 0 };
  const clock = () => (performance.timeOrigin + performance.now()) / 1000;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (request.url.endsWith("/v1/models")) return Response.json({ data: [{ id: "truth" }] });
    const receivedSeconds = clock();
    const writesSeconds: number[] = [];
    truths.set(request.headers.get("x-request-id") ?? "", { receivedSeconds, writesSeconds });
    flight.now++;
    flight.max = Math.max(flight.max, flight.now);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) =>
        void write(controller, { schedule, writesSeconds, clock, end: () => flight.now-- }),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  return {
    apiBase: `http://127.0.0.1:${server.addr.port}`,
    truths,
    get maxInFlight() {
      return flight.max;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

interface Writing {
  readonly schedule: TruthSchedule;
  readonly writesSeconds: number[];
  readonly clock: () => number;
  readonly end: () => void;
}

async function write(
  controller: ReadableStreamDefaultController<Uint8Array>,
  writing: Writing,
): Promise<void> {
  const { schedule, writesSeconds, clock } = writing;
  const encoder = new TextEncoder();
  const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  try {
    for (let i = 0; i < schedule.tokens; i++) {
      await pause(i === 0 ? schedule.ttftSeconds : schedule.itlSeconds);
      const finish = i === schedule.tokens - 1 ? "length" : null;
      writesSeconds.push(clock());
      controller.enqueue(
        encoder.encode(`data: ${JSON.stringify({ choices: [{ text: "a", finish_reason: finish }] })}\n\n`),
      );
    }
    const usage = { prompt_tokens: 3, completion_tokens: schedule.tokens };
    writing.end();
    controller.enqueue(encoder.encode(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`));
    controller.close();
  } catch {
    writing.end(); // the client closed
  }
}
