/**
 * What is known of a target, in words: the names of its facts are those of programs.
 *
 * @module
 */
import { tablesText } from "./tables.ts";
import type { Language } from "./language.ts";

interface FactsText {
  /** Kinds of targets; those that are products' names stay as they are. */
  readonly kinds: Readonly<Record<string, string>>;
  /** Names of facts, and of what is absent. */
  readonly names: Readonly<Record<string, string>>;
}

/** What a simulated machine gives for a fact that it does not have. */
const SIMULATED = "simulated";

/** A kind of target. */
export function kindText(kind: string, language: Language): string {
  return wordOf(kind, FACTS[language].kinds);
}

/** The name of a fact, or of what is absent: `gpu0` is "GPU 0". What has no words stays as it is. */
export function factName(name: string, language: Language): string {
  return wordOf(name, FACTS[language].names);
}

/** A fact with its value. */
export function factText(name: string, value: string | number, language: Language): string {
  return `${factName(name, language)} ${value === SIMULATED ? tablesText(language).simulated : value}`;
}

function wordOf(name: string, words: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(words, name)) return words[name]!;
  const [, stem = "", number = "", figure = ""] = /^([a-z]+)(\d+)(\..+)?$/.exec(name) ?? [];
  return Object.hasOwn(words, stem) ? `${words[stem]} ${number}${figure}` : name;
}

const FACTS: Readonly<Record<Language, FactsText>> = {
  en: {
    kinds: { vllm: "vLLM", host: "machine", gpu: "GPU", workload: "load", other: "other" },
    names: {
      answer: "no answer",
      models: "models",
      engines: "engines",
      max_model_len: "context length",
      kv_cache_tokens: "KV cache tokens",
      version: "version",
      cpuModel: "CPU",
      cpuCores: "threads",
      cpuPhysicalCores: "physical cores",
      cores: "cores",
      platform: "platform",
      system: "system",
      kernel: "kernel",
      architecture: "architecture",
      origin: "origin",
      details: "details",
      gpus: "GPUs",
      gpu: "GPU",
      driver_version: "driver",
      driver: "driver",
      nvml: "NVML",
      cuda: "CUDA",
      by: "read by",
      collectors: "collectors that read it",
      profile: "profile",
    },
  },
  "zh-TW": {
    kinds: { vllm: "vLLM", host: "主機", gpu: "GPU", workload: "負載", other: "其他" },
    names: {
      answer: "沒有回應",
      models: "模型",
      engines: "引擎",
      max_model_len: "上下文長度",
      kv_cache_tokens: "KV 快取 token 數",
      version: "版本",
      cpuModel: "CPU",
      cpuCores: "執行緒",
      cpuPhysicalCores: "實體核心",
      cores: "核心",
      platform: "平台",
      system: "系統",
      kernel: "核心版本",
      architecture: "架構",
      origin: "來源",
      details: "細節",
      gpus: "GPU 數",
      gpu: "GPU",
      driver_version: "驅動程式",
      driver: "驅動程式",
      nvml: "NVML",
      cuda: "CUDA",
      by: "讀取方式",
      collectors: "讀取它的收集端",
      profile: "設定檔",
    },
  },
};
