/**
 * The words of the engine model. Source of the rules: the V1 scheduler of vLLM 0.32.0.
 *
 * @module
 */

/** Why a request ended by itself. A cut by the client has no reason: vLLM counts it nowhere. */
export type FinishReason = "stop" | "length";

/** What bounds a step and the cache; the names in brackets are vLLM's options. */
export interface EngineLimits {
  /** Tokens per KV block (`--block-size`). */
  readonly blockSizeTokens: number;
  /** KV blocks, block 0 included, which is never used (`num_gpu_blocks`). */
  readonly blockCount: number;
  /** Requests in a step (`--max-num-seqs`). */
  readonly maxNumSequences: number;
  /** Tokens in a step (`--max-num-batched-tokens`). */
  readonly maxBatchedTokens: number;
  /** Prompt and output of one request together (`--max-model-len`). */
  readonly maxModelLength: number;
  /** Blocks are found again by their content (`--enable-prefix-caching`). */
  readonly prefixCaching: boolean;
  /** A step is planned before the last one's stops are known: the default on GPUs, off on CPUs. */
  readonly asyncScheduling: boolean;
  /** A request is admitted only when its whole prompt fits (`scheduler_reserve_full_isl`, on). */
  readonly reserveFullPrompt: boolean;
  /** Share of blocks that admission leaves free while others run (`--watermark`, 0). */
  readonly watermarkRatio: number;
  /** Longest piece of a prompt in a step; 0: no limit of its own. */
  readonly longPrefillThresholdTokens: number;
  /** Draft tokens proposed per step and the chance that each is accepted, given that the one before was. */
  readonly speculation?: { readonly draftTokens: number; readonly acceptanceRatio: number };
  /** Up to vLLM 0.25.1: prefix queries and hits are counted at every try to admit a request, not once. */
  readonly countsEveryLookup: boolean;
  /** vLLM 0.9.2: the usage counts block 0, so that it rests above 0 once a request has run. */
  readonly countsBlockZero: boolean;
  /** The V0 engine: first tokens and prompts are counted again after a preemption. */
  readonly countsAsV0: boolean;
}

/** The samples of one API call (`n` of them), which share some figures. */
export interface RequestGroup {
  readonly n: number;
  /** Samples still running; counted down by the engine. */
  remaining: number;
  /** Longest output among the samples so far; raised by the engine. */
  longestOutputTokens: number;
}

/** One sample that the engine has to generate. */
export interface EngineRequest {
  readonly id: string;
  readonly promptTokenIds: ArrayLike<number>;
  /** Output tokens at which it ends with "length"; 1 or more. */
  readonly maxTokens: number;
  /** What the API call asked for, as the metrics report it; default `maxTokens`. */
  readonly askedMaxTokens?: number;
  /** Output tokens at which it ends with "stop", if it would before `maxTokens`. */
  readonly stopAfterTokens?: number;
  /** The stop is found by the front end (a stop string), which takes the engine one more step to learn. */
  readonly stopFoundLate?: boolean;
  /** The id of an output token: what it is cached under. */
  outputTokenId(index: number): number;
  /** When the front end got it, seconds. */
  readonly arrivalSeconds: number;
  /** Requests with different salts share no blocks. Default 0. */
  readonly cacheSalt?: number;
  readonly group: RequestGroup;
}

/** What one step has to compute; the step time is a function of this. */
export interface StepWork {
  /** Requests with tokens in the step. */
  readonly sequences: number;
  /** Those of them whose prompt is computed. */
  readonly prefillSequences: number;
  /** All tokens. */
  readonly tokens: number;
  /** Those of prompts (and of recomputed outputs). */
  readonly prefillTokens: number;
  /** Sum of the contexts of requests that decode: tokens whose keys and values are read. */
  readonly decodeContextTokens: number;
  /** Sum of the contexts of the prompts' pieces, as they stand at the end of the step. */
  readonly prefillContextTokens: number;
  /** Sum over the prompts' pieces of tokens times context: the quadratic part of attention. */
  readonly prefillAttention: number;
}

/** A token, or several under speculation, that a step gave a request. */
export interface StepOutput {
  readonly request: EngineRequest;
  /** Index of the first of the new tokens in the output. */
  readonly firstIndex: number;
  /** 1 or more. */
  readonly tokens: number;
  readonly finishReason?: FinishReason;
  /** Prompt tokens that came from the cache at the first admission. */
  readonly cachedTokens: number;
}

/** A step under way. */
export interface StepPlan {
  /** When it began, by the clock of whoever runs the engine. */
  readonly startSeconds: number;
  /** How long it takes, jitter and incidents included. */
  readonly durationSeconds: number;
  /** What it computes. */
  readonly work: StepWork;
}
