/**
 * What callers tell the simulator, and the error that they may catch.
 *
 * @module
 */
import type { Cause } from "../../base/cause.ts";
import { singleLine } from "../../base/escape.ts";
import type { Clock } from "../../base/clock.ts";
import { connectionState } from "../../collector/connection_cause.ts";
import type { Random } from "../../base/random.ts";
import type { LoadOptions } from "./load_options.ts";
import type { Endpoint } from "./plan.ts";
import type { WorkloadProgress } from "./progress.ts";
import type { PromptPlan } from "./prompts.ts";
import type { Threads } from "./threads.ts";

/** Options of `VllmWorkloadSimulator`. */
export interface WorkloadSimulatorOptions {
  /** Where the API is, with or without `/v1`. */
  readonly apiBase: string;
  /** Default: the first model that the server lists. */
  readonly model?: string;
  /** Default "completions". */
  readonly endpoint?: Endpoint;
  /** Texts, or a plan of lengths, prefixes, conversations; default eight short questions. */
  readonly prompts?: PromptPlan | readonly string[];
  /** Repeats schedule, prompts and lengths; default 1. It is never sent to the server. */
  readonly seed?: number;
  /** Sends with this fetch: behind proxies, or to a server in this process. Default: sockets of its own. */
  readonly fetch?: typeof fetch;
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
  /** Where salts and request ids come from; default the system's, or the seed on a virtual clock. */
  readonly random?: Random;
  /** Sent with every request; `authorization` here wins over a user and password in `apiBase`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of every load that names none of its own. */
  readonly onProgress?: (progress: WorkloadProgress) => void;
  /** Asked at the start of every load and completion: when it is aborted, those that bring no signal of their own end. */
  readonly stopSignal?: () => AbortSignal;
  /** Name in records and events; default "workload". */
  readonly target?: string;
  /** How often the collector reads the simulator's sampler; default 1 s. */
  readonly samplerIntervalSeconds?: number;
  /** True when the server is a simulated one, so that everything drawn from it says so. */
  readonly simulated?: boolean;
  /**
   * "raw" (default) reads sockets through the runtime; "epoll" reads them itself and has the kernel's receive times: on
   * Linux, with FFI allowed, for http and an IPv4 address or localhost.
   */
  readonly engine?: "raw" | "epoll";
  /**
   * Whether loads run in a thread of their own (default), so that cells and charts do not disturb them. It needs read
   * permission for the lab's own code; without it, or with a clock or fetch of your own, they run in this thread.
   */
  readonly ownThread?: boolean;
  /**
   * How many threads share a load out; "auto" (default) takes one for each 100 users, or for each 100 requests a second on
   * schedule, four at most and as far as there are processors. The requests are the same; `maxInFlight` is split among the threads. A
   * conversation, or a load in this thread, has one.
   */
  readonly threads?: Threads;
  /** Certificates (PEM) to trust besides the system's. */
  readonly caCertificates?: readonly string[];
}

/** Options of a single completion. */
export interface CompletionOptions
  extends Omit<LoadOptions, "aborts" | "atEnd" | "tokenBudget" | "stopAfterFailures" | "onProgress"> {
  /** Default: the next of the simulator's prompts. */
  readonly prompt?: string;
  /** Default 30 s in all. */
  readonly timeoutSeconds?: number;
}

/** A load that could not begin. Callers catch it for its `reason`. */
export class WorkloadError extends Error {
  /** Tells it from other errors where the class is not at hand. */
  override readonly name = "WorkloadError";
  /**
   * Its message is one sentence: which server, why, and what to do.
   *
   * @param reason why, as a code with parameters
   * @param address of the API; default what the reason names
   */
  constructor(readonly reason: Cause, address = String(reason.params?.["url"] ?? "the server")) {
    const [state, wanted] = stateAndRemedy(reason);
    super(`Cannot load ${address}: ${state}, wanted ${wanted}`);
  }
}

/** What is the matter, and what is wanted instead. Texts of the server's come on one line without controls. */
function stateAndRemedy(reason: Cause): readonly [state: string, wanted: string] {
  const { code, params = {} } = reason;
  const detail = params["detail"] === undefined ? "" : ` (${singleLine(String(params["detail"]))})`;
  switch (code) {
    case "connection_refused":
      return ["nothing listens there", "a running server, such as deno task serve, or another address"];
    case "timeout":
      return [`no answer within ${params["seconds"] ?? "some"} s`, "a server that answers"];
    case "no_tls":
      return [connectionState(reason) ?? code, "an address that begins with http://"];
    case "tls_wanted":
      return [connectionState(reason) ?? code, "an address that begins with https://"];
    case "untrusted_certificate":
      return [connectionState(reason) ?? code, "one that is trusted, or caCertificates"];
    case "no_models":
      return ["it serves no model", "a server with a model"];
    case "not_openai_api":
      return ["no OpenAI-compatible API answers there", "the address of one, such as http://127.0.0.1:8000"];
    case "key_wanted":
      return [`it answered with status ${params["status"]}`, "a key in the header authorization"];
    case "key_refused":
      return [`it answered with status ${params["status"]}`, "another key in the header authorization"];
    case "http_status":
      return [`it answered with status ${params["status"]}`, "200 for /v1/models"];
    default: {
      const state = connectionState(reason);
      return state === undefined
        ? [code.replaceAll("_", " ") + detail, "a server that can be loaded"]
        : [state, "an address that can be reached from here"];
    }
  }
}
