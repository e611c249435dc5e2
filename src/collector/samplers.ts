/**
 * The samplers that a collector's options ask for.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { GpuSource } from "../gpu/types.ts";
import { openNvml } from "../nvml/mod.ts";
import type { Sampler } from "../series/types.ts";
import { GpuSampler } from "./gpu_sampler.ts";
import { readHostFacts } from "./host_facts.ts";
import { onlyQuantities } from "./only_quantities.ts";
import { ScrapeSampler } from "./scrape_sampler.ts";
import { SystemSampler } from "./system_sampler.ts";
import { resolveTargets, type TargetOptions } from "./targets.ts";

/** The part of a collector's options that says what is sampled. */
export interface SamplersOptions {
  readonly targets: readonly (string | TargetOptions)[];
  readonly intervalSeconds: number;
  readonly quantities?: readonly QuantityName[];
  readonly gpu?: GpuSource | boolean;
  readonly system?: Sampler | boolean;
  readonly samplers?: readonly Sampler[];
  readonly clock: Clock;
  readonly fetch?: typeof fetch;
}

/** One sampler a target, then the machine, the GPUs, and those that were given. */
export function samplersOf(options: SamplersOptions): Sampler[] {
  const { intervalSeconds, system = true, gpu = true } = options;
  const all = scrapers(options);
  if (system === true) all.push(new SystemSampler({ intervalSeconds, describe: readHostFacts }));
  else if (system !== false) all.push(system);
  if (gpu !== false) {
    all.push(new GpuSampler({ intervalSeconds, source: gpu === true ? openNvml() : gpu }));
  }
  return [...all, ...options.samplers ?? []];
}

function scrapers(options: SamplersOptions): Sampler[] {
  const { clock, fetch, intervalSeconds, quantities } = options;
  return resolveTargets(options.targets).map((target) => {
    const sampler = new ScrapeSampler({
      ...target,
      intervalSeconds,
      clock,
      ...(fetch === undefined ? {} : { fetch }),
    });
    return quantities === undefined ? sampler : onlyQuantities(sampler, quantities);
  });
}
