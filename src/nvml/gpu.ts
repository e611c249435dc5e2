/**
 * One GPU over its life: its figures by tier, its MIG instances, its loss and return.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { GpuIdentity } from "../gpu/types.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { metricCause, NVML, scopeOf } from "./codes.ts";
import * as device from "./device.ts";
import { type Changes, Figures, TIER_BIT } from "./figures.ts";
import { GpmReader, type GpmSubject } from "./gpm.ts";
import { type AskedDevice, GROUPS } from "./groups.ts";
import { RetryTimer } from "./retry.ts";

/** A device at one time: its figures, or why it has none. The same object as long as nothing but numbers changes. */
export interface DeviceReading {
  readonly identity: GpuIdentity;
  readonly figures?: Figures;
  readonly lost?: Cause;
}

/** When, and what is due. */
export interface ReadRequest {
  readonly timeSeconds: number;
  /** Bits of the tiers. */
  readonly tiers: number;
  /** Ask also for what was refused: somebody may have been given the permission. */
  readonly refused: boolean;
}

/** How a GPU stands after a read. `silent`: every call was answered with "unknown error". */
export type GpuState = "ok" | "lost" | "silent" | { readonly libraryCode: number };

/** A GPU or MIG instance that answers. */
interface Asked extends DeviceReading, AskedDevice {
  readonly figures: Figures;
  /** Of each group, the code for which it is not asked again; 0: it is asked. */
  readonly givenUp: Int32Array;
}

/** One physical GPU. */
export class Gpu {
  readonly #nvml: NvmlFunctions;
  readonly #index: number;
  readonly #changes: Changes;
  readonly #retry = new RetryTimer();
  #identity: GpuIdentity;
  #own: Asked | undefined;
  #instances = new Map<string, Asked>();
  #lost: Cause = { code: "gpu_lost" };
  #lostBy: number = NVML.gpuIsLost;
  #migEnabled = false;

  /** @param changes raised whenever anything but a number changes */
  constructor(nvml: NvmlFunctions, index: number, changes: Changes) {
    this.#nvml = nvml;
    this.#index = index;
    this.#changes = changes;
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

  /** As the last read left it: the GPU, then its instances. */
  get devices(): readonly DeviceReading[] {
    if (this.#own === undefined) return [{ identity: this.#identity, lost: this.#lost }];
    return [this.#own, ...this.#instances.values()];
  }

  /** Reads it and its instances; one that is lost is tried again with back-off. */
  read(request: ReadRequest): GpuState {
    const { timeSeconds } = request;
    if (this.#own === undefined && this.#retry.isDue(timeSeconds)) {
      const code = this.#find(timeSeconds);
      if (scopeOf(code) === "library") return { libraryCode: code };
    }
    const own = this.#own;
    if (own === undefined) return this.#lostBy === NVML.unknown ? "silent" : "lost";
    const code = ask(this.#nvml, own, request);
    if (scopeOf(code) === "library") return { libraryCode: code };
    if (scopeOf(code) === "gpu") {
      this.#lose(code, timeSeconds);
      return "lost";
    }
    // Instances come and go in a moment; a GPU becomes one that has instances by a reset.
    const looks = this.#migEnabled ? TIER_BIT.medium : TIER_BIT.slow;
    if ((request.tiers & looks) !== 0) this.#findInstances(own);
    for (const [uuid, instance] of this.#instances) {
      const said = ask(this.#nvml, instance, request);
      if (scopeOf(said) === "library") return { libraryCode: said };
      if (scopeOf(said) === "gpu" || said === NVML.invalidArgument) this.#forget(uuid, instance);
    }
    return code === NVML.unknown ? "silent" : "ok";
  }

  /** Gives samples back; before the library is shut down. */
  free(): void {
    this.#own?.gpm.free();
    this.#own = undefined;
    this.#changes.count++;
    for (const [uuid, instance] of this.#instances) this.#forget(uuid, instance);
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
    this.#own = this.#asked(this.#identity, { handle: handle.ok, parentHandle: handle.ok, gpm: "gpu" });
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
    this.#changes.count++;
    this.#retry.fail(timeSeconds);
  }

  /** Instances come and go while the GPU runs, and their handles are used again: only the UUID says which one it is. */
  #findInstances(own: Asked): void {
    const enabled = device.isMigEnabled(this.#nvml, own.handle);
    if (enabled !== this.#migEnabled) own.givenUp.fill(NVML.success); // The whole GPU tells other figures then.
    this.#migEnabled = enabled;
    if (!enabled && this.#instances.size === 0) return;
    const found = new Map<string, Asked>();
    const handles = enabled ? device.migHandles(this.#nvml, own.handle) : [];
    handles.forEach(({ slot, handle }) => {
      const uuid = device.deviceUuid(this.#nvml, handle);
      if (!("ok" in uuid)) return;
      const known = this.#instances.get(uuid.ok);
      const isSame = known !== undefined && Deno.UnsafePointer.equals(known.handle, handle);
      found.set(uuid.ok, isSame ? known : this.#instance({ own, slot, handle, uuid: uuid.ok }));
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
      parentUuid: own.identity.uuid,
    };
    const number = device.gpuInstanceId(this.#nvml, handle);
    const gpm = "ok" in number ? number.ok : "unknown";
    return this.#asked(identity, { handle, parentHandle: own.handle, gpm });
  }

  #asked(
    identity: GpuIdentity,
    of: { readonly handle: NvmlHandle; readonly parentHandle: NvmlHandle; readonly gpm: GpmSubject },
  ): Asked {
    this.#changes.count++;
    return {
      identity,
      handle: of.handle,
      parentHandle: of.parentHandle,
      gpm: new GpmReader(this.#nvml, of.gpm),
      figures: new Figures(this.#changes),
      givenUp: new Int32Array(GROUPS.length),
    };
  }

  #forget(uuid: string, instance: Asked): void {
    instance.gpm.free();
    this.#changes.count++;
    if (this.#instances.get(uuid) === instance) this.#instances.delete(uuid);
  }
}

/**
 * Whether a MIG instance is gone: its handle then answers "invalid argument" to everything, also to the question who it is. One
 * that is there may answer so for a figure that it does not have.
 */
function isDestroyed(nvml: NvmlFunctions, { identity, handle }: Asked): boolean {
  if (identity.parentUuid === undefined) return false;
  const uuid = device.deviceUuid(nvml, handle);
  return !("ok" in uuid) || uuid.ok !== identity.uuid;
}

/**
 * Asks for every group that is due. The code: 0; that of the call which found the device or the library gone, after which
 * nothing more was asked; "unknown error" when every call was answered so.
 */
function ask(nvml: NvmlFunctions, of: Asked, { timeSeconds, tiers, refused }: ReadRequest): number {
  const { figures, givenUp } = of;
  let unknown = 0;
  let answered = 0;
  for (let i = 0; i < GROUPS.length; i++) {
    const group = GROUPS[i]!;
    if ((tiers & TIER_BIT[group.tier]) === 0) continue;
    if (givenUp[i] !== NVML.success && !(refused && givenUp[i] === NVML.noPermission)) continue;
    const code = group.read(nvml, of, timeSeconds);
    givenUp[i] = NVML.success;
    if (code === NVML.success) {
      answered++;
      continue;
    }
    const scope = scopeOf(code);
    if (scope === "library" || scope === "gpu") return code;
    if (code === NVML.invalidArgument && isDestroyed(nvml, of)) return code;
    if (code === NVML.unknown) unknown++;
    if (scope === "metric") givenUp[i] = code;
    group.fail(figures, code);
  }
  return answered === 0 && unknown > 0 ? NVML.unknown : NVML.success;
}
