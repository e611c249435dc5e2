/**
 * A Chromium that tests steer over its DevTools protocol; nothing is installed for it.
 *
 * @module
 */

/** Where a Chromium usually is. */
const PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** A Chromium's path; undefined where none is. */
export function findChromium(): string | undefined {
  return PATHS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
}

/** One page of a browser. */
export interface BrowserPage extends AsyncDisposable {
  /** Sends a command of the protocol. */
  send(method: string, params?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** Evaluates an expression in the page, waiting for its promise. */
  evaluate(expression: string): Promise<unknown>;
  /** What the page complained of: errors, violations of its policy. */
  readonly complaints: readonly string[];
}

interface ProtocolMessage {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Starts a Chromium with one empty page. */
export async function openBrowser(path: string): Promise<BrowserPage> {
  const profile = await Deno.makeTempDir();
  const process = new Deno.Command(path, {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const address = await protocolAddress(process.stderr);
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const protocol = talk(socket);
  const { targetInfos } = await protocol.send("Target.getTargets");
  const target = (targetInfos as { type: string; targetId: string }[]).find(({ type }) => type === "page");
  const { sessionId } = await protocol.send("Target.attachToTarget", {
    targetId: target?.targetId,
    flatten: true,
  });
  const send: BrowserPage["send"] = (method, params = {}) => protocol.send(method, params, String(sessionId));
  await Promise.all(["Page.enable", "Runtime.enable", "Log.enable"].map((method) => send(method)));
  return {
    send,
    complaints: protocol.complaints,
    async evaluate(expression) {
      const answer = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
      if (answer["exceptionDetails"] !== undefined) {
        throw new Error(JSON.stringify(answer["exceptionDetails"]));
      }
      return (answer["result"] as { value?: unknown }).value;
    },
    async [Symbol.asyncDispose]() {
      await protocol.send("Browser.close");
      await process.status;
      socket.close();
      await Deno.remove(profile, { recursive: true });
    },
  };
}

/** Chromium says on stderr where it listens. What comes behind is read and dropped, else it would stand still. */
async function protocolAddress(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const read = async () => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of stderr) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-10_000);
      const found = /DevTools listening on (ws:\/\/\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    }
    reject(new Error(`Cannot steer Chromium: it ended with ${text}`));
  };
  read().catch(reject);
  return await promise;
}

function talk(socket: WebSocket) {
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  const complaints: string[] = [];
  let last = 0;
  socket.onmessage = ({ data }) => {
    const { id, method, params, result, error }: ProtocolMessage = JSON.parse(data);
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      complaints.push(JSON.stringify(params));
    }
    const promise = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || promise === undefined) return;
    waiting.delete(id);
    if (error === undefined) promise.resolve(result ?? {});
    else promise.reject(new Error(error.message));
  };
  const send = (method: string, params: Readonly<Record<string, unknown>> = {}, sessionId?: string) => {
    const promise = Promise.withResolvers<Record<string, unknown>>();
    waiting.set(++last, promise);
    socket.send(
      JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) }),
    );
    return promise.promise;
  };
  return { send, complaints };
}
