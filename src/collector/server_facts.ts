/**
 * What is known of a server apart from its numbers: from its own series, from `/version` and from `/v1/models`.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { resolveQuantity } from "../catalog/resolve.ts";
import type { Labels, MetricMeta } from "../parser/types.ts";
import { SampleError, type SeriesDefinition, type TargetFacts } from "../series/types.ts";
import { TARGET_INFO } from "../remote/target_info.ts";
import { hasKey, statusCause } from "./connection_cause.ts";
import { type HttpBody, type HttpReadOptions, readUrl } from "./http_read.ts";

type MutableFacts = { -readonly [K in keyof TargetFacts]: TargetFacts[K] };

/** Names that begin so belong to this kind of server. */
const KIND_BY_PREFIX: readonly (readonly [RegExp, NonNullable<TargetFacts["kind"]>])[] = [
  [/^(ray_|kserve_)?vllm[:_]/, "vllm"],
  [/^sglang[:_]/, "sglang"],
  [/^tgi_/, "tgi"],
  [/^trtllm_/, "tensorrt_llm"],
  [/^nv_/, "triton"],
  [/^llamacpp[:_]/, "llama_cpp"],
  [/^dynamo_/, "dynamo"],
];

/** Longest text that is taken over from a server, in characters. */
const LONGEST_TEXT = 200;

/** Gathers facts of one server over its scrapes. */
export class ServerFacts {
  readonly #facts: MutableFacts;
  readonly #metas = new Map<string, MetricMeta>();
  /** Series that tell an engine or a model, by id; those that a restart left out, which may come back. */
  readonly #telling = new Map<number, Labels>();
  readonly #gone = new Set<number>();
  readonly #engines = new Set<string>();
  /** By the id of the series that told it. */
  readonly #caches = new Map<number, { readonly engine: string | undefined; readonly tokens: number }>();
  readonly #cacheSeries = new Map<number, SeriesDefinition>();
  readonly #models = new Set<string>();
  /** As `/v1/models` told last. */
  #served: readonly string[] = [];
  #startId: number | undefined;
  /** Where it stood last. */
  #startAt = -1;
  readonly #simulatedIds = new Set<number>();
  #changed = true;

  constructor(start: TargetFacts) {
    this.#facts = { ...start };
  }

  /** The simulated server says so in a header or in a series of its own. */
  set simulated(value: boolean) {
    if (value === this.#facts.simulated) return;
    this.#facts.simulated = value;
    this.#changed = true;
  }

  /** Takes note of series that are new. Costs nothing on a scrape that brings none. */
  learn(defined: readonly SeriesDefinition[]): void {
    if (defined.length === 0) return;
    for (const { name, type, help } of defined) {
      if (!this.#metas.has(name)) this.#metas.set(name, { name, type, help: help ?? "" });
    }
    const cacheName = resolveQuantity(this.#metas.values(), "cache_config")?.name;
    const startName = resolveQuantity(this.#metas.values(), "process_start_time")?.name;
    for (const definition of defined) {
      const { name, labels } = definition;
      this.#learnNames(definition.id, labels);
      if (name === TARGET_INFO.name && TARGET_INFO.factsOf(labels).simulated === true) {
        this.#simulatedIds.add(definition.id);
      }
      if (name === cacheName) this.#learnCache(definition);
      if (name === startName) this.#startId = definition.id;
    }
    this.#facts.kind = this.#kind();
    this.#tellNames();
    this.#changed = true;
  }

  /** Whether a scrape with these series says of itself that it is simulated. Costs nothing where none ever did. */
  saysSimulated(ids: ArrayLike<number>): boolean {
    if (this.#simulatedIds.size === 0) return false;
    return Array.prototype.some.call(ids, (id: number) => this.#simulatedIds.has(id));
  }

  /** Looks whether the process is another one than before: true when its start time changed. */
  observeStart(ids: ArrayLike<number>, values: ArrayLike<number>): boolean {
    if (this.#gone.size > 0) this.#takeBack(ids);
    if (this.#startId === undefined) return false;
    if (ids[this.#startAt] !== this.#startId) {
      this.#startAt = Array.prototype.indexOf.call(ids, this.#startId);
    }
    const at = this.#startAt;
    const startSeconds = at < 0 ? undefined : values[at];
    const before = this.#facts.startTimeSeconds;
    if (startSeconds === undefined || startSeconds === before) return false;
    this.#facts.startTimeSeconds = startSeconds;
    this.#changed = true;
    if (before !== undefined) {
      const present = new Set(Array.from(ids));
      this.#forgetCaches(present);
      this.#forgetNames(present);
    }
    return before !== undefined;
  }

  /**
   * Asks `/version`, `/v1/models` and `/server_info`. Never fails: what cannot be had is absent with its cause, but for
   * `/server_info`, which a server has in development mode only.
   *
   * @param apiUrl base of the API
   */
  async probe(apiUrl: string, options: HttpReadOptions): Promise<void> {
    const absent: Record<string, Cause> = { ...this.#facts.absent };
    const ask = async (name: string, path: string, take: (json: unknown) => boolean) => {
      delete absent[name];
      const cause = await readJson(apiUrl + path, options, (json, simulated) => {
        if (simulated) this.simulated = true;
        return take(json);
      });
      if (cause !== undefined) absent[name] = cause;
    };
    await Promise.all([
      ask("version", "/version", (json) => this.#takeVersion(json, options.clock.nowSeconds())),
      ask("models", "/v1/models", (json) => this.#takeModels(json)),
    ]);
    if (Object.keys(absent).length > 0) this.#facts.absent = absent;
    else delete this.#facts.absent;
    this.#changed = true;
    if (absent["models"] !== undefined) return;
    await readJson(`${apiUrl}/server_info?config_format=json`, options, (json) => this.#takeSettings(json));
  }

  /** The facts when they changed since the last call. */
  take(): TargetFacts | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    return { ...this.#facts };
  }

  #kind(): NonNullable<TargetFacts["kind"]> {
    const names = [...this.#metas.keys()];
    return KIND_BY_PREFIX.find(([prefix]) => names.some((name) => prefix.test(name)))?.[1] ?? "other";
  }

  /** `kv_cache_size_tokens` where the server tells it (0.25.1 and newer), else blocks times block size. */
  #learnCache(definition: SeriesDefinition): void {
    const { id, labels } = definition;
    this.#cacheSeries.set(id, definition);
    this.#facts.cacheConfig = labels;
    const blockSize = positive(labels.block_size);
    const blocks = positive(labels.num_gpu_blocks);
    const tokens = positive(labels.kv_cache_size_tokens) ??
      (blockSize === undefined || blocks === undefined ? undefined : blockSize * blocks);
    if (blockSize !== undefined) this.#facts.kvBlockSizeTokens = blockSize;
    if (tokens === undefined) return;
    // Each engine has its own: what one request may use, and what is full first, is the smallest.
    for (const [other, { engine }] of this.#caches) if (engine === labels.engine) this.#caches.delete(other);
    this.#caches.set(id, { engine: labels.engine, tokens });
    this.#facts.kvCacheTokens = smallest(this.#caches.values());
  }

  /** After a restart those caches count that the new life tells, be they known from one before. */
  #forgetCaches(present: ReadonlySet<number>): void {
    this.#caches.clear();
    for (const [id, definition] of this.#cacheSeries) if (present.has(id)) this.#learnCache(definition);
  }

  #learnNames(id: number, labels: Labels): void {
    const { engine, model_name: model } = labels;
    if (engine !== undefined) this.#engines.add(engine);
    if (model !== undefined) this.#models.add(model);
    if (engine !== undefined || model !== undefined) this.#telling.set(id, labels);
  }

  #tellNames(): void {
    const models = new Set([...this.#models, ...this.#served]);
    if (this.#engines.size > 0) this.#facts.engines = [...this.#engines].sort();
    if (models.size > 0) this.#facts.models = [...models].sort();
  }

  /** After a restart engines and models count no longer that no series of the new life tells. */
  #forgetNames(present: ReadonlySet<number>): void {
    this.#engines.clear();
    this.#models.clear();
    this.#served = []; // It is asked again after a restart.
    for (const [id, labels] of this.#telling) {
      if (present.has(id)) this.#learnNames(id, labels);
      else this.#gone.add(id);
    }
    this.#tellNames();
  }

  /** What was gone and is there again, under the id that it had: nothing defines it anew. */
  #takeBack(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) {
      if (!this.#gone.delete(ids[i]!)) continue;
      this.#learnNames(ids[i]!, this.#telling.get(ids[i]!)!);
      this.#changed = true;
    }
    this.#tellNames();
  }

  #takeVersion(json: unknown, nowSeconds: number): boolean {
    const stated = field(json, "version");
    if (typeof stated !== "string") return false;
    const version = stated.slice(0, LONGEST_TEXT);
    const before = this.#facts.version;
    if (before !== undefined && before !== version) this.#facts.versionChangedSeconds = nowSeconds;
    this.#facts.version = version;
    return true;
  }

  /** The whole configuration and the environment stand there: only the one number is taken. */
  #takeSettings(json: unknown): boolean {
    const scheduler = field(field(json, "vllm_config"), "scheduler_config");
    const limit = field(scheduler, "max_num_seqs");
    if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1) return false;
    this.#changed ||= limit !== this.#facts.maxNumSequences;
    this.#facts.maxNumSequences = limit;
    return true;
  }

  #takeModels(json: unknown): boolean {
    const data = field(json, "data");
    if (!Array.isArray(data)) return false;
    const lengths: number[] = [];
    const served: string[] = [];
    for (const model of data.slice(0, 100)) {
      const id = field(model, "id");
      if (typeof id === "string") served.push(id.slice(0, LONGEST_TEXT));
      const length = field(model, "max_model_len");
      if (typeof length === "number" && length > 0) lengths.push(length);
    }
    this.#served = served;
    this.#facts.models ??= [];
    this.#tellNames();
    if (lengths.length > 0) this.#facts.maxModelLength = Math.max(...lengths);
    return true;
  }
}

async function readJson(
  url: string,
  options: HttpReadOptions,
  take: (json: unknown, simulated: boolean) => boolean,
): Promise<Cause | undefined> {
  try {
    const answer = await readUrl(url, options);
    const { status, moved } = answer;
    if (status !== 200) return statusCause(status, { hasKey: hasKey(options.headers), moved });
    const json: unknown = JSON.parse(new TextDecoder().decode(answer.body));
    return take(json, isSimulated(answer.headers)) ? undefined : { code: "no_data" };
  } catch (error) {
    return error instanceof SampleError ? error.reason : { code: "no_data" };
  }
}

/** The simulated server marks its answers, so that nobody takes them for a model's. */
export function isSimulated(headers: HttpBody["headers"]): boolean {
  return headers.get("x-lab-simulated") === "1";
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;
}

/** Labels are strings, "None" for nothing. */
function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}

function smallest(caches: Iterable<{ readonly tokens: number }>): number {
  return Math.min(...Array.from(caches, ({ tokens }) => tokens));
}
