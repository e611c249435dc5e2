/**
 * Models on machines: how long their steps take, how much cache they have, what their GPUs draw. Each says where its
 * numbers are from and which of them somebody measured.
 *
 * @module
 */
import type { StepJitter } from "./engine.ts";
import { A100_40, A100_80, type GpuHardware, H100, L4, L40S, RTX_4090 } from "./hardware.ts";
import type { StepTime } from "./step_time.ts";
import type { EngineLimits } from "./types.ts";

export type { GpuHardware } from "./hardware.ts";

/** A model on a machine with vLLM's options. */
export interface Profile {
  /** By which options and `profileNamed` find it. */
  readonly name: string;
  /** What a person would call it. */
  readonly title: string;
  /** The id that `/v1/models` gives. */
  readonly model: string;
  /** How long a step of given work takes, before jitter. */
  readonly stepTime: StepTime;
  /** How steps of equal work differ. */
  readonly jitter: StepJitter;
  /** vLLM's limits: blocks, sequences, tokens of a step, length of a request. */
  readonly limits: EngineLimits;
  /** Keys and values of one token over all layers and all GPUs. */
  readonly kvBytesPerToken: number;
  /** The whole model's, over all GPUs. */
  readonly weightBytes: number;
  /**
   * `--gpu-memory-utilization`: share of each GPU's memory that the server takes, 0 to 1; tells nothing on a
   * CPU.
   */
  readonly gpuMemoryUtilization: number;
  /** Set where an option overrides the number of blocks (`--num-gpu-blocks-override`). */
  readonly blockCountOverride?: number;
  /** Whether `vllm:cache_config_info` calls the block size set by the user. */
  readonly blockSizeGiven: boolean;
  /** Absent on a CPU. */
  readonly gpu?: { readonly hardware: GpuHardware; readonly count: number };
  /** From start to the first answer, seconds. */
  readonly loadSeconds: number;
  /** Where the numbers are from, in words. */
  readonly sources: readonly string[];
  /** Figures that somebody measured, in words; empty when none was. */
  readonly measured: readonly string[];
  /** Figures that come from a formula, in words; empty when all were measured. */
  readonly computed: readonly string[];
}

const GB = 1e9;
const GIB = 1024 ** 3;

/** Shares of the data sheet's rates that real servers reach: reading weights, and reading keys and values. */
const WEIGHT_EFFICIENCY = 0.77;
const KV_EFFICIENCY = 0.55;
/** Share of the arithmetic that decoding of large batches reaches. */
const DECODE_EFFICIENCY = 0.5;
/** Overheads: per step, per layer, per sequence, and per all-reduce of tensor parallelism (two a layer). */
const STEP_SECONDS = 130e-6;
const LAYER_SECONDS = 8e-6;
const SEQUENCE_SECONDS = 4e-6;
const ALL_REDUCE_SECONDS = 12e-6;

const STEP_SOURCE =
  "roofline form; overheads and prefill efficiencies from the coefficients of inference-sim (BLIS), weight efficiency from a batch-1 sweep on A100 (johnmusgrave.com)";
const POWER_SOURCE =
  "power: H100 267-680 W at batch 1-128 and H200 idle 80 W (serialalice.pt benchmark), context 26-66 W over bare idle (arXiv 2605.23918); other idle values inferred";

interface ModelShape {
  readonly model: string;
  readonly parameters: number;
  readonly weightBytes: number;
  readonly layers: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

const LLAMA_8B: ModelShape = {
  model: "meta-llama/Llama-3.1-8B-Instruct",
  parameters: 8.03e9,
  weightBytes: 16.1 * GB,
  layers: 32,
  kvHeads: 8,
  headSize: 128,
};
const LLAMA_70B: ModelShape = {
  model: "meta-llama/Llama-3.1-70B-Instruct",
  parameters: 70.55e9,
  weightBytes: 141 * GB,
  layers: 80,
  kvHeads: 8,
  headSize: 128,
};
const QWEN_7B: ModelShape = {
  model: "Qwen/Qwen2.5-7B-Instruct",
  parameters: 7.62e9,
  weightBytes: 15.2 * GB,
  layers: 28,
  kvHeads: 4,
  headSize: 128,
};

/** Keys and values of one token in 16 bits: 2 · layers · heads · size · 2 bytes. */
function kvBytes(shape: ModelShape): number {
  return 2 * shape.layers * shape.kvHeads * shape.headSize * 2;
}

interface GpuProfileOptions {
  readonly count?: number;
  readonly kvTokens: number;
  readonly maxModelLength: number;
  readonly maxNumSequences?: number;
  readonly maxBatchedTokens?: number;
  readonly blockCountOverride?: number;
  /** Of the host, for each sequence of a step; default that of a fast one. */
  readonly perSequenceSeconds?: number;
  readonly loadSeconds: number;
  readonly sources: readonly string[];
  readonly measured: readonly string[];
}

function gpuProfile(
  named: { readonly name: string; readonly title: string },
  on: { readonly shape: ModelShape; readonly hardware: GpuHardware },
  options: GpuProfileOptions,
): Profile {
  const { shape, hardware } = on;
  const { count = 1, kvTokens, blockCountOverride } = options;
  const blockSizeTokens = 16;
  return {
    ...named,
    model: shape.model,
    stepTime: {
      kind: "roofline",
      weightBytes: shape.weightBytes,
      parameters: shape.parameters,
      kvBytesPerToken: kvBytes(shape),
      weightBytesPerSecond: WEIGHT_EFFICIENCY * hardware.bandwidthBytesPerSecond * count,
      kvBytesPerSecond: KV_EFFICIENCY * hardware.bandwidthBytesPerSecond * count,
      prefillFlopsPerSecond: hardware.prefillEfficiency * hardware.flopsPerSecond * count,
      decodeFlopsPerSecond: DECODE_EFFICIENCY * hardware.flopsPerSecond * count,
      overheadSeconds: STEP_SECONDS + LAYER_SECONDS * shape.layers +
        (count > 1 ? 2 * shape.layers * ALL_REDUCE_SECONDS : 0),
      overheadPerSequenceSeconds: options.perSequenceSeconds ?? SEQUENCE_SECONDS,
    },
    jitter: { sigma: 0.08, stallProbability: 0, stallFactor: 1 },
    limits: {
      blockSizeTokens,
      blockCount: blockCountOverride ?? Math.floor(kvTokens / blockSizeTokens),
      maxNumSequences: options.maxNumSequences ?? 256,
      maxBatchedTokens: options.maxBatchedTokens ?? 2048,
      maxModelLength: options.maxModelLength,
      prefixCaching: true,
      asyncScheduling: true,
      reserveFullPrompt: true,
      watermarkRatio: 0,
      longPrefillThresholdTokens: 0,
      countsEveryLookup: false,
      countsBlockZero: false,
      countsAsV0: false,
    },
    kvBytesPerToken: kvBytes(shape),
    weightBytes: shape.weightBytes,
    gpuMemoryUtilization: 0.92,
    ...(blockCountOverride === undefined ? {} : { blockCountOverride }),
    blockSizeGiven: false,
    gpu: { hardware, count },
    loadSeconds: options.loadSeconds,
    sources: [STEP_SOURCE, POWER_SOURCE, ...options.sources],
    measured: options.measured,
    computed: ["step time", "prefill rate", "KV capacity", "power between idle and busy"],
  };
}

const CPU_PROFILE: Profile = {
  name: "tiny-llama-cpu",
  title: "30M Llama, one CPU thread",
  model: "tiny-llama",
  stepTime: {
    kind: "linear",
    constantSeconds: 8.0e-3,
    perSequenceSeconds: 0.7e-3,
    perPrefillTokenSeconds: 0.47e-3,
    perContextTokenSeconds: 1.2e-6,
    perPrefillAttentionSeconds: 1.2e-8,
  },
  jitter: { sigma: 0.2, stallProbability: 0.04, stallFactor: 3 },
  limits: {
    blockSizeTokens: 32,
    blockCount: 72,
    maxNumSequences: 8,
    maxBatchedTokens: 256,
    maxModelLength: 1024,
    prefixCaching: true,
    asyncScheduling: false,
    reserveFullPrompt: true,
    watermarkRatio: 0,
    longPrefillThresholdTokens: 0,
    countsEveryLookup: false,
    countsBlockZero: false,
    countsAsV0: false,
  },
  kvBytesPerToken: 10240,
  weightBytes: 0.06 * GB,
  gpuMemoryUtilization: 0.92,
  blockCountOverride: 72,
  blockSizeGiven: true,
  loadSeconds: 76,
  sources: [
    "recorded run of vLLM 0.32.0 on a CPU, 211 requests: coefficients fitted on seconds 45 to 95, tested on 0 to 45",
  ],
  measured: ["step time", "KV capacity (server log)", "load time", "jitter"],
  computed: [],
};

/** All profiles; the first is the default: small enough for a class to see queueing, cache pressure and ITL move. */
export const PROFILES: readonly Profile[] = [
  gpuProfile(
    {
      name: "lab",
      title: "Llama-3.1-8B FP8 on L4, kept small (16 sequences, 3,072 cache tokens, a slow host)",
    },
    { shape: { ...LLAMA_8B, weightBytes: 8.0 * GB }, hardware: L4 },
    {
      kvTokens: 3088,
      blockCountOverride: 193,
      perSequenceSeconds: 0.5e-3,
      maxModelLength: 2048,
      maxNumSequences: 16,
      loadSeconds: 20,
      sources: [
        "as llama-8b-fp8-l4; limits chosen for teaching, as --max-num-seqs 16 --num-gpu-blocks-override 193; 0.5 ms of the host a sequence, as of a slow one, so that a batch is felt",
      ],
      measured: [],
    },
  ),
  gpuProfile({ name: "llama-8b-h100", title: "Llama-3.1-8B BF16 on H100 SXM" }, {
    shape: LLAMA_8B,
    hardware: H100,
  }, {
    kvTokens: 457_000,
    maxModelLength: 131_072,
    maxNumSequences: 1024,
    maxBatchedTokens: 8192,
    loadSeconds: 60,
    sources: ["data sheet H100 SXM: 3.35 TB/s, 989 TFLOP/s"],
    measured: ["power at batch 1 and 128"],
  }),
  gpuProfile({ name: "llama-8b-a100-80", title: "Llama-3.1-8B BF16 on A100-80 SXM" }, {
    shape: LLAMA_8B,
    hardware: A100_80,
  }, {
    kvTokens: 457_000,
    maxModelLength: 131_072,
    loadSeconds: 60,
    sources: ["data sheet A100-80: 2.04 TB/s, 312 TFLOP/s"],
    measured: [],
  }),
  gpuProfile({ name: "llama-8b-a100-40", title: "Llama-3.1-8B BF16 on A100-40" }, {
    shape: LLAMA_8B,
    hardware: A100_40,
  }, {
    kvTokens: 162_000,
    maxModelLength: 131_072,
    loadSeconds: 60,
    sources: ["data sheet A100-40: 1.555 TB/s, 312 TFLOP/s"],
    measured: ["13.3 ms a token alone (75 tokens/s, johnmusgrave.com); the formula gives 14.0"],
  }),
  gpuProfile({ name: "llama-8b-l40s", title: "Llama-3.1-8B BF16 on L40S" }, {
    shape: LLAMA_8B,
    hardware: L40S,
  }, {
    kvTokens: 200_000,
    maxModelLength: 131_072,
    loadSeconds: 70,
    sources: ["data sheet L40S: 0.864 TB/s, 362 TFLOP/s"],
    measured: [],
  }),
  gpuProfile({ name: "llama-8b-l4", title: "Llama-3.1-8B BF16 on L4" }, { shape: LLAMA_8B, hardware: L4 }, {
    kvTokens: 35_000,
    maxModelLength: 16_384,
    loadSeconds: 90,
    sources: ["data sheet L4: 0.30 TB/s, 121 TFLOP/s"],
    measured: [],
  }),
  gpuProfile({ name: "llama-8b-fp8-l4", title: "Llama-3.1-8B FP8 on L4" }, {
    shape: { ...LLAMA_8B, weightBytes: 8.0 * GB },
    hardware: L4,
  }, {
    kvTokens: 96_000,
    maxModelLength: 32_768,
    loadSeconds: 70,
    sources: ["as llama-8b-l4 with 8-bit weights"],
    measured: [],
  }),
  gpuProfile({ name: "llama-70b-4xh100", title: "Llama-3.1-70B BF16 on 4 H100" }, {
    shape: LLAMA_70B,
    hardware: H100,
  }, {
    count: 4,
    kvTokens: 490_000,
    maxModelLength: 131_072,
    maxNumSequences: 1024,
    maxBatchedTokens: 8192,
    loadSeconds: 120,
    sources: ["data sheet H100 SXM, tensor parallel 4; all-reduce 12 us inferred"],
    measured: [],
  }),
  gpuProfile({ name: "qwen-7b-a100-80", title: "Qwen2.5-7B BF16 on A100-80 SXM" }, {
    shape: QWEN_7B,
    hardware: A100_80,
  }, {
    kvTokens: 1_060_000,
    maxModelLength: 32_768,
    loadSeconds: 60,
    sources: ["data sheet A100-80; 57,344 bytes a token as in vllm PR 44594"],
    measured: ["KV bytes per token"],
  }),
  gpuProfile({ name: "llama-8b-awq-4090", title: "Llama-3.1-8B AWQ on RTX 4090" }, {
    shape: { ...LLAMA_8B, weightBytes: 5.7 * GB },
    hardware: RTX_4090,
  }, {
    kvTokens: 121_000,
    maxModelLength: 65_536,
    loadSeconds: 40,
    sources: ["data sheet RTX 4090: 1.01 TB/s, 165 TFLOP/s"],
    measured: [],
  }),
  CPU_PROFILE,
];

/**
 * A profile by name; the default where none is given.
 *
 * @throws RangeError for a name that is not there, listing those that are
 */
export function profileNamed(name: string = PROFILES[0]!.name): Profile {
  const profile = PROFILES.find((candidate) => candidate.name === name);
  if (profile !== undefined) return profile;
  const names = PROFILES.map((candidate) => candidate.name).join(", ");
  throw new RangeError(`Cannot use profile ${JSON.stringify(name)}: unknown, wanted one of ${names}`);
}

/**
 * How many KV tokens fit: (utilisation · memory - weights - activations) / bytes a token, over all GPUs.
 * 16.1 GB of weights on an A100-40 with 2 GiB of activations give 162,248.
 */
export function kvCapacityTokens(
  memoryBytes: number,
  options: {
    readonly weightBytes: number;
    readonly kvBytesPerToken: number;
    readonly utilization: number;
    readonly activationBytes?: number;
    readonly count?: number;
  },
): number {
  const { weightBytes, kvBytesPerToken, utilization, activationBytes = 2 * GIB, count = 1 } = options;
  const perGpu = utilization * memoryBytes - weightBytes / count - activationBytes;
  return Math.max(0, Math.floor(perGpu * count / kvBytesPerToken));
}
