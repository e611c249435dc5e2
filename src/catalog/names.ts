/**
 * The same name in its spellings.
 *
 * @module
 */
import type { MetricMeta } from "../parser/types.ts";

/** Ray and KServe put their own word before an engine's names when they show them again. */
const REEXPORT = /^(?:ray_|kserve_)(?=(?:vllm|sglang)_)/;

/** One key for `vllm:x`, `vllm_x` (OpenMetrics' escaping), `ray_vllm_x`, `ray_vllm:x`, `kserve_vllm:x`. */
export function nameKey(name: string): string {
  return name.replaceAll(":", "_").replace(REEXPORT, "");
}

/** A name as a server spells it. */
export interface KnownName {
  readonly name: string;
  readonly meta: MetricMeta;
}

const PARTS = ["_bucket", "_sum", "_count"];

/** Looks names up among what a server shows. Made from families or from single series, whichever there are. */
export class NameIndex {
  readonly #byKey = new Map<string, KnownName>();

  constructor(known: Iterable<MetricMeta>) {
    for (const meta of known) this.#add(meta);
  }

  /** How the server spells a name of the catalog, if it has it. */
  find(name: string): KnownName | undefined {
    return this.#byKey.get(nameKey(name));
  }

  /** Every name as {@link nameKey} has it. */
  keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  #add(meta: MetricMeta): void {
    const { name } = meta;
    this.#put(name, meta);
    switch (meta.type) {
      case "counter":
        // An OpenMetrics family has no `_total`; its samples have.
        if (!name.endsWith("_total")) this.#put(`${name}_total`, meta, true);
        return;
      case "histogram":
      case "summary": {
        const part = PARTS.find((suffix) => name.endsWith(suffix));
        if (part === undefined) { for (const suffix of PARTS) this.#put(name + suffix, meta, true); }
        else this.#put(name.slice(0, -part.length), meta, true);
        return;
      }
      case "info":
        if (!name.endsWith("_info")) this.#put(`${name}_info`, meta, true);
        return;
    }
  }

  /** What is spelled out wins over what follows from a type. */
  #put(name: string, meta: MetricMeta, derived = false): void {
    const key = nameKey(name);
    const there = this.#byKey.get(key);
    if (there === undefined || (!derived && there.name !== there.meta.name)) {
      this.#byKey.set(key, { name, meta });
    }
  }
}
