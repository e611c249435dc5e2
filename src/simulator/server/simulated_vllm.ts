/**
 * The simulated vLLM as notebooks and tests use it: behind a port in a Worker, or in this process on any clock.
 *
 * @module
 */
import {
  checkIncidentCall,
  checkIncidentName,
  checkInProcess,
  checkRestart,
  checkStart,
} from "./simulated_checks.ts";
import { control, type ControlCommand, type ControlResult } from "./control.ts";
import type { PlainSimulatorOptions, WorkerCall, WorkerMessage, WorkerPlan } from "./control.ts";
import type { GpuSource } from "../../gpu/types.ts";
import type { IncidentName, IncidentParameters, ScheduledIncident } from "../engine/incidents.ts";
import type { IncidentRecord, StartIncidentOptions } from "./incident_director.ts";
import { SampleError } from "../../series/types.ts";
import { startInProcess } from "./in_process.ts";
import type { Pace } from "./engine_runner.ts";
import type { SimulatorOptions } from "./simulated_server.ts";

/** Where it listens. */
export interface SimulatedVllmOptions extends PlainSimulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Incidents to come, in seconds after the start. */
  readonly incidents?: readonly ScheduledIncident[];
  /** Told when this machine is too slow for what is simulated: by how much a step was late. */
  readonly onLostPace?: (lateSeconds: number) => void;
}

/** Starts and ends incidents. */
export interface Incidents {
  /**
   * Starts one now. Parameters that are not given keep their defaults.
   *
   * @throws RangeError for an unknown name or parameter, or one that is under way
   */
  start(name: IncidentName, parameters?: IncidentParameters, options?: StartIncidentOptions): Promise<void>;
  /** Ends one; nothing happens when it is not under way. */
  end(name: IncidentName): Promise<void>;
  /** The truth: what was started and ended when. */
  records(): Promise<readonly IncidentRecord[]>;
}

/** Starting takes longer than this only where something is wrong. */
const START_TIMEOUT_MS = 30_000;

type Send = (command: ControlCommand) => Promise<ControlResult>;

/**
 * A simulated vLLM server. Its answers carry the header `x-lab-simulated: 1`.
 *
 * @example
 * ```ts
 * import { SimulatedVllm } from "#lab";
 *
 * await using vllm = await SimulatedVllm.start({ seed: 1 });
 * const models = await (await fetch(`${vllm.apiBase}/models`)).json();
 * ```
 */
export class SimulatedVllm implements AsyncDisposable {
  /** Its address, without a slash at the end: `/metrics` is below it. */
  readonly url: string;
  /** Where the OpenAI API begins. */
  readonly apiBase: string;
  /** Reaches it: the global fetch, or in this process one of its own. */
  readonly fetch: typeof fetch;
  /** What goes wrong on purpose: crashes, slow hosts, bursts of users. */
  readonly incidents: Incidents;
  /** The GPUs under it, for a collector. */
  readonly gpus: GpuSource;
  readonly #send: Send;
  readonly #end: () => void;
  #stopped = false;

  private constructor(url: string, parts: { fetch: typeof fetch; send: Send; end: () => void }) {
    this.url = url;
    this.apiBase = `${url}/v1`;
    this.fetch = parts.fetch;
    this.#send = parts.send;
    this.#end = parts.end;
    this.gpus = {
      simulated: true,
      read: async (timeSeconds) => {
        if (this.#stopped) throw notSampled();
        const { gpus } = await parts.send({ do: "gpus", timeSeconds }).catch((error) => {
          throw this.#stopped ? notSampled() : error;
        });
        return gpus ?? { gpus: [], absent: { code: "gpu_not_sampled" } };
      },
    };
    this.incidents = {
      start: async (name, parameters = {}, options = {}) => {
        checkIncidentCall(name, parameters, options);
        await parts.send({ do: "start-incident", name, parameters, options });
      },
      end: async (name) => {
        checkIncidentName(name);
        await parts.send({ do: "end-incident", name });
      },
      records: async () => (await parts.send({ do: "incidents" })).incidents ?? [],
    };
  }

  /**
   * Starts one in a Worker of its own, behind a port, on the real clock.
   *
   * @throws Error when it cannot listen or the options make no sense, with the reason
   */
  static async start(options: SimulatedVllmOptions = {}): Promise<SimulatedVllm> {
    checkStart(options);
    const { port = 0, host = "127.0.0.1", incidents = [], onLostPace = () => {}, ...rest } = options;
    const plan: WorkerPlan = { port, host, incidents, options: rest };
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: JSON.stringify(plan),
    });
    const calls = new Map<number, PromiseWithResolvers<ControlResult>>();
    const url = await readiness(worker, { calls, onLostPace });
    let ids = 0;
    let over = false;
    const send: Send = (command) => {
      // A worker that is gone answers nothing.
      if (over) return Promise.reject(stopped());
      const call: WorkerCall = { id: ++ids, command };
      const answer = Promise.withResolvers<ControlResult>();
      calls.set(call.id, answer);
      worker.postMessage(call);
      return answer.promise;
    };
    const end = () => {
      over = true;
      worker.terminate();
      for (const call of calls.values()) call.reject(stopped());
    };
    return new SimulatedVllm(url, { fetch: globalThis.fetch, send, end });
  }

  /** Makes one in this process, on any clock; `fetch` reaches it, no port is open. */
  static inProcess(options: SimulatorOptions): SimulatedVllm {
    checkInProcess(options);
    const parts = startInProcess(options);
    return new SimulatedVllm(parts.url, {
      fetch: parts.fetch,
      send: (command) => control(parts, command),
      end: () => {},
    });
  }

  /** Its processes are gone at once: streams break, connections are refused. */
  async crash(): Promise<void> {
    await this.#send({ do: "crash" });
  }

  /** Starts it again (crashing it first when it is up); resolves when it answers. All that it had counted is lost. */
  async restart(options: { readonly loadSeconds?: number } = {}): Promise<void> {
    checkRestart(options);
    await this.#send({ do: "restart", ...options });
  }

  /** How well its engines keep up with the clock, one entry each. */
  async pace(): Promise<readonly Pace[]> {
    return (await this.#send({ do: "pace" })).pace ?? [];
  }

  /** Ends it. A second call does nothing. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#send({ do: "stop" });
    this.#end();
  }

  /** As {@link SimulatedVllm.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The answer to what is asked of it after its end. */
function stopped(): Error {
  return new Error("Cannot reach the simulated vLLM: it was stopped, wanted a new one");
}

/** The same for its GPUs: a reading that fails has a reason. */
function notSampled(): SampleError {
  return new SampleError({ code: "simulated_server_stopped" });
}

/** Resolves with the address when the Worker listens; afterwards passes its answers on. */
function readiness(
  worker: Worker,
  { calls, onLostPace }: {
    readonly calls: Map<number, PromiseWithResolvers<ControlResult>>;
    readonly onLostPace: (lateSeconds: number) => void;
  },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      worker.terminate();
      reject(new Error(`Cannot start the simulated vLLM: ${reason}`));
    };
    const timer = setTimeout(
      () => fail(`no answer after ${START_TIMEOUT_MS / 1000} s, wanted a port`),
      START_TIMEOUT_MS,
    );
    worker.onerror = (event) => {
      event.preventDefault();
      const reason = new Error(`Cannot reach the simulated vLLM: its worker failed: ${event.message}`);
      for (const call of calls.values()) call.reject(reason);
      fail(event.message);
    };
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      switch (data.kind) {
        case "ready":
          clearTimeout(timer);
          return resolve(data.url);
        case "failed":
          return fail(data.message);
        case "lost-pace":
          return onLostPace(data.lateSeconds);
        case "answer":
          calls.get(data.id)?.resolve(data.result);
          break;
        case "refused":
          calls.get(data.id)?.reject(new Error(data.message));
          break;
      }
      calls.delete(data.id);
    };
  });
}
