/**
 * One GPU over its life: its figures by tier, its MIG instances, its loss and return.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { GpuIdentity, GpuReading, GpuValue } from "../gpu/types.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { metricCause, NVML, scopeOf } from "./codes.ts";
import * as device from "./device.ts";
import { GpmReader } from "./gpm.ts";
import { groupsOf, type MetricGroup } from "./groups.ts";
import { RetryTimer } from "./retry.ts";

/** Which of the slower figures are due. */
export interface DueTiers {
  readonly medium: boolean;
  readonly slow: boolean;
}

/** What reading a GPU came to. */
export type GpuOutcome =
  | {
    readonly readings: readonly GpuReading[];
    /** `silent`: every call was answered with "unknown error". */
    readonly state: "ok" | "lost" | "silent";
  }
  /** The driver is gone: everything must begin anew. */
  | { readonly libraryCode: number };

/** A GPU or MIG instance that answers. */
interface Asked extends GpuIdentity {
  readonly handle: NvmlHandle;
  readonly parentHandle: NvmlHandle;
  readonly gpm: GpmReader;
  readonly pids: Set<number>;
  /** Groups that this chip and driver do not have: not asked again. */
  readonly unsupported: Map<MetricGroup, readonly GpuValue[]>;
}

type Answers =
  | { readonly values: GpuValue[]; readonly allUnknown: boolean }
  | { readonly lost: number }
  | { readonly libraryCode: number };

/** One physical GPU. */
export class Gpu {
  readonly #nvml: NvmlFunctions;
  readonly #index: number;
  readonly #retry = new RetryTimer();
  #identity: GpuIdentity;
  #own: Asked | undefined;
  #instances = new Map<string, Asked>();
  #lost: Cause = { code: "gpu_lost" };
  #lostBy: number = NVML.gpuIsLost;
  #migEnabled = false;

  constructor(nvml: NvmlFunctions, index: number) {
    this.#nvml = nvml;
    this.#index = index;
    // A GPU that is lost at the start cannot tell its UUID.
    this.#identity = { uuid: `unknown-${index}`, index: String(index), name: "unknown" };
  }

  /** Its handle while it answers. */
  get handle(): NvmlHandle | undefined {
    return this.#own?.handle;
  }

  get uuid(): string {
    return this.#identity.uuid;
  }

  /** Reads it and its instances; one that is lost is tried again with back-off. */
  read(timeSeconds: number, due: DueTiers): GpuOutcome {
    if (this.#own === undefined && this.#retry.isDue(timeSeconds)) {
      const code = this.#find(timeSeconds);
      if (scopeOf(code) === "library") return { libraryCode: code };
    }
    if (this.#own === undefined) return this.#asLost();
    const answers = ask(this.#nvml, this.#own, { timeSeconds, due });
    if ("libraryCode" in answers) return answers;
    if ("lost" in answers) {
      this.#lose(answers.lost, timeSeconds);
      return this.#asLost();
    }
    const readings: GpuReading[] = [{ ...this.#identity, values: answers.values }];
    if (due.medium) this.#findInstances(this.#own);
    for (const [uuid, instance] of this.#instances) {
      const said = ask(this.#nvml, instance, { timeSeconds, due });
      if ("libraryCode" in said) return said;
      if ("lost" in said) this.#forget(uuid, instance);
      else readings.push({ ...identityOf(instance), values: said.values });
    }
    return { readings, state: answers.allUnknown ? "silent" : "ok" };
  }

  /** Gives samples back; before the library is shut down. */
  free(): void {
    this.#own?.gpm.free();
    this.#own = undefined;
    for (const [uuid, instance] of this.#instances) this.#forget(uuid, instance);
  }

  #asLost(): GpuOutcome {
    const state = this.#lostBy === NVML.unknown ? "silent" : "lost";
    return { readings: [{ ...this.#identity, values: [], lost: this.#lost }], state };
  }

  #find(timeSeconds: number): number {
    const handle = device.deviceHandle(this.#nvml, this.#index);
    const uuid = "ok" in handle ? device.deviceUuid(this.#nvml, handle.ok) : handle;
    if (!("ok" in handle) || !("ok" in uuid)) {
      const code = "code" in uuid ? uuid.code : NVML.unknown;
      this.#setLost(code, timeSeconds);
      return code;
    }
    const name = device.deviceName(this.#nvml, handle.ok);
    this.#identity = { uuid: uuid.ok, index: String(this.#index), name: "ok" in name ? name.ok : "unknown" };
    this.#own = asked(this.#nvml, this.#identity, { handle: handle.ok, parentHandle: handle.ok });
    this.#retry.succeed();
    return NVML.success;
  }

  #lose(code: number, timeSeconds: number): void {
    this.free();
    this.#setLost(code, timeSeconds);
  }

  #setLost(code: number, timeSeconds: number): void {
    this.#lost = metricCause(code);
    this.#lostBy = code;
    this.#retry.fail(timeSeconds);
  }

  /** Instances come and go while the GPU runs, and their handles are used again: only the UUID says which one it is. */
  #findInstances(own: Asked): void {
    const enabled = device.isMigEnabled(this.#nvml, own.handle);
    if (enabled !== this.#migEnabled) own.unsupported.clear(); // The whole GPU tells other figures then.
    this.#migEnabled = enabled;
    const found = new Map<string, Asked>();
    const handles = enabled ? device.migHandles(this.#nvml, own.handle) : [];
    handles.forEach(({ slot, handle }) => {
      const uuid = device.deviceUuid(this.#nvml, handle);
      if (!("ok" in uuid)) return;
      const known = this.#instances.get(uuid.ok);
      found.set(
        uuid.ok,
        known !== undefined && Deno.UnsafePointer.equals(known.handle, handle)
          ? known
          : this.#instance({ own, slot, handle, uuid: uuid.ok }),
      );
    });
    for (const [uuid, instance] of this.#instances) {
      if (found.get(uuid) !== instance) this.#forget(uuid, instance);
    }
    this.#instances = found;
  }

  #instance(
    of: { readonly own: Asked; readonly slot: number; readonly handle: NvmlHandle; readonly uuid: string },
  ): Asked {
    const { own, slot, handle, uuid } = of;
    const name = device.deviceName(this.#nvml, handle);
    const identity: GpuIdentity = {
      uuid,
      index: `${this.#index}:${slot}`,
      name: "ok" in name ? name.ok : "unknown",
      parentUuid: own.uuid,
    };
    const gpuInstance = device.gpuInstanceId(this.#nvml, handle);
    const instance = "ok" in gpuInstance ? gpuInstance.ok : undefined;
    return asked(this.#nvml, identity, {
      handle,
      parentHandle: own.handle,
      ...(instance === undefined ? {} : { instance }),
    });
  }

  #forget(uuid: string, instance: Asked): void {
    instance.gpm.free();
    if (this.#instances.get(uuid) === instance) this.#instances.delete(uuid);
  }
}

function asked(
  nvml: NvmlFunctions,
  identity: GpuIdentity,
  handles: { readonly handle: NvmlHandle; readonly parentHandle: NvmlHandle; readonly instance?: number },
): Asked {
  const { handle, parentHandle, instance } = handles;
  return {
    ...identity,
    handle,
    parentHandle,
    gpm: new GpmReader(nvml, instance),
    pids: new Set(),
    unsupported: new Map(),
  };
}

function identityOf({ uuid, index, name, parentUuid }: GpuIdentity): GpuIdentity {
  return { uuid, index, name, ...(parentUuid === undefined ? {} : { parentUuid }) };
}

function ask(
  nvml: NvmlFunctions,
  of: Asked,
  when: { readonly timeSeconds: number; readonly due: DueTiers },
): Answers {
  const tiers = [
    "fast",
    ...(when.due.medium ? ["medium" as const] : []),
    ...(when.due.slow ? ["slow" as const] : []),
  ] as const;
  const values: GpuValue[] = [];
  let unknown = 0;
  let answered = 0;
  for (const group of tiers.flatMap((tier) => groupsOf(tier))) {
    const known = of.unsupported.get(group);
    if (known !== undefined) {
      values.push(...known);
      continue;
    }
    const result = group.read({ nvml, ...of }, when.timeSeconds);
    if ("ok" in result) {
      answered++;
      values.push(...result.ok);
      continue;
    }
    const scope = scopeOf(result.code);
    if (scope === "library") return { libraryCode: result.code };
    // An instance that was destroyed answers "invalid argument" to everything.
    const isGone = of.parentUuid !== undefined && result.code === NVML.invalidArgument;
    if (scope === "gpu" || isGone) return { lost: result.code };
    if (result.code === NVML.unknown) unknown++;
    const absent = group.absent(metricCause(result.code));
    if (scope === "metric") of.unsupported.set(group, absent);
    values.push(...absent);
  }
  return { values, allUnknown: answered === 0 && unknown > 0 };
}
