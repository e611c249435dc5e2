/**
 * One request of a workload, as its client saw it.
 *
 * @module
 */

/** How a request ended. */
export type RequestOutcome =
  | "ok"
  /** Refused or failed by the server, in status or in the stream. */
  | "error"
  /** The connection failed or broke. */
  | "connection_error"
  | "timeout"
  /** Cut on purpose by the workload (an abort scenario). */
  | "aborted"
  /** Still running when the run ended. */
  | "unfinished"
  /** Never sent: no free connection in time. */
  | "dropped";

/** How far a client figure can be trusted (lag of the measuring thread itself). */
export type TrustLevel = "good" | "client_adds" | "client_limited" | "not_measured";

/**
 * One request as its client saw it. Instants are Unix seconds on the collector's clock; absent where it never happened.
 * TTFT is `chunkTimesSeconds[0] - sentSeconds`: the first chunk with choices, empty text included, as vLLM counts.
 */
export interface RequestRecord {
  /** Unique within its run. */
  readonly id: string;
  /** The sampler's id. */
  readonly target: string;
  /** Model that was asked for. */
  readonly model: string;
  /** API that was called. */
  readonly endpoint: "completions" | "chat";
  /** Part of the workload that it belongs to. */
  readonly phase: string;
  /** How it ended. */
  readonly outcome: RequestOutcome;
  /** When the schedule wanted it sent (open loop: the pacer's time; closed loop: when its slot was free). */
  readonly dueSeconds: number;
  /** When its first byte was sent. */
  readonly sentSeconds?: number;
  /** When opening a connection for it began; absent where an open one was used, or the engine cannot see it. */
  readonly connectStartedSeconds?: number;
  /** When its connection was there, if it was a new one. */
  readonly connectedSeconds?: number;
  /** When status and headers had come. */
  readonly headersSeconds?: number;
  /** Arrival of every chunk that carries choices (token chunks), ascending. */
  readonly chunkTimesSeconds: Float64Array;
  /** When its last byte came, or when it was given up. */
  readonly endSeconds?: number;
  /** HTTP status. */
  readonly status?: number;
  /** As the server states it. */
  readonly finishReason?: string;
  /** As the server counts them. */
  readonly promptTokens?: number;
  /** Prompt tokens that the server took from its cache. */
  readonly cachedTokens?: number;
  /** Tokens of the answer. */
  readonly outputTokens?: number;
  /** Where `outputTokens` is from: the server's usage, or counted chunks (then an estimate). */
  readonly outputTokensFrom?: "usage" | "chunks";
  /** Most tokens that were asked for. */
  readonly maxTokens?: number;
  /** Answers asked for at once (`n`), where more than one: chunks and tokens of all are together in this row. */
  readonly answerCount?: number;
  /** What the server or the connection said, cut to 300 characters. */
  readonly error?: string;
  /** The answer's text, where keeping it was asked for. */
  readonly text?: string;
  /** Which client measured it (`raw`, `fetch`). */
  readonly engine: string;
  /** How far its times can be trusted. */
  readonly trust: TrustLevel;
}
