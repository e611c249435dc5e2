/**
 * Where the machine's series stand in a batch: looked up once, not at every tick.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import type { BatchBuilder, SeriesShape, SeriesSlot } from "./batch_builder.ts";
import * as SHAPES from "./system_series.ts";

/** Most series here have no labels. */
const NONE: Labels = {};

/** The places of one sampler's series. */
export class SystemSlots {
  readonly cpu;
  readonly memory;
  readonly cgroup;
  readonly slow;
  readonly #builder: BatchBuilder;
  readonly #labelled = new Map<SeriesShape, Map<string, SeriesSlot>>();

  constructor(builder: BatchBuilder) {
    const slot = (shape: SeriesShape) => builder.slot(shape, NONE);
    this.#builder = builder;
    this.cpu = {
      usage: slot(SHAPES.CPU_USAGE),
      iowait: slot(SHAPES.CPU_IOWAIT),
      steal: slot(SHAPES.CPU_STEAL),
    };
    this.memory = {
      total: slot(SHAPES.MEMORY_TOTAL),
      available: slot(SHAPES.MEMORY_AVAILABLE),
      used: slot(SHAPES.MEMORY_USED),
      usage: slot(SHAPES.MEMORY_USAGE),
      swapTotal: slot(SHAPES.SWAP_TOTAL),
      swapUsed: slot(SHAPES.SWAP_USED),
    };
    this.cgroup = {
      memoryLimit: slot(SHAPES.CGROUP_MEMORY_LIMIT),
      memoryUsed: slot(SHAPES.CGROUP_MEMORY_USED),
      cpuLimit: slot(SHAPES.CGROUP_CPU_LIMIT),
    };
    this.slow = {
      load1: slot(SHAPES.LOAD_1),
      load5: slot(SHAPES.LOAD_5),
      load15: slot(SHAPES.LOAD_15),
      processMemory: slot(SHAPES.PROCESS_MEMORY),
      processCpu: slot(SHAPES.PROCESS_CPU),
    };
  }

  /** The place of a series with one label: a device, a core, a resource. */
  of(shape: SeriesShape, label: string, value: string): SeriesSlot {
    let byValue = this.#labelled.get(shape);
    if (byValue === undefined) this.#labelled.set(shape, byValue = new Map());
    let slot = byValue.get(value);
    if (slot === undefined) byValue.set(value, slot = this.#builder.slot(shape, { [label]: value }));
    return slot;
  }
}
