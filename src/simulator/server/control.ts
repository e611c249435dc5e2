/**
 * What can be done to a simulated server while it runs, as messages: the same in this process and across a Worker.
 *
 * @module
 */
import type { IncidentParameters, ScheduledIncident } from "../engine/incidents.ts";
import type { IncidentDirector, IncidentRecord, StartIncidentOptions } from "./incident_director.ts";
import type { SimulatedServer, SimulatorOptions } from "./simulated_server.ts";
import type { GpuSample } from "../../gpu/types.ts";
import type { Pace } from "./engine_runner.ts";

/** How a server in a Worker is made: everything that can be sent there. */
export type PlainSimulatorOptions = Omit<SimulatorOptions, "clock" | "events" | "log">;

/** A command. */
export type ControlCommand =
  | { readonly do: "crash" }
  | { readonly do: "restart"; readonly loadSeconds?: number }
  | { readonly do: "stop" }
  | {
    readonly do: "start-incident";
    readonly name: string;
    readonly parameters: IncidentParameters;
    readonly options: StartIncidentOptions;
  }
  | { readonly do: "end-incident"; readonly name: string }
  | { readonly do: "incidents" }
  | { readonly do: "gpus"; readonly timeSeconds: number }
  | { readonly do: "pace" };

/** What commands answer. */
export interface ControlResult {
  readonly pace?: readonly Pace[];
  readonly incidents?: readonly IncidentRecord[];
  readonly gpus?: GpuSample;
}

/** A server with its incidents. */
export interface ControlledServer {
  readonly server: SimulatedServer;
  readonly director: IncidentDirector;
}

/** Carries a command out. A restart is answered when the server is up again. */
export async function control(
  { server, director }: ControlledServer,
  command: ControlCommand,
): Promise<ControlResult> {
  switch (command.do) {
    case "crash":
      server.crash();
      return {};
    case "restart": {
      const { loadSeconds } = command;
      await server.restart(loadSeconds === undefined ? {} : { loadSeconds });
      return {};
    }
    case "stop":
      server.stop();
      return {};
    case "start-incident":
      director.start(command.name, command.parameters, command.options);
      return {};
    case "end-incident":
      director.end(command.name);
      return {};
    case "incidents":
      return { incidents: director.records };
    case "gpus":
      return { gpus: server.gpus.read(command.timeSeconds) };
    case "pace":
      return { pace: server.life.runners.map(({ pace }) => ({ ...pace })) };
  }
}

/** From the Worker. */
export type WorkerMessage =
  | { readonly kind: "ready"; readonly port: number; readonly url: string }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "lost-pace"; readonly lateSeconds: number }
  | { readonly kind: "answer"; readonly id: number; readonly result: ControlResult }
  | { readonly kind: "refused"; readonly id: number; readonly message: string };

/** To the Worker. */
export interface WorkerCall {
  readonly id: number;
  readonly command: ControlCommand;
}

/** What the Worker begins with; it travels in the Worker's name, so that it need not wait for a first message. */
export interface WorkerPlan {
  readonly port: number;
  readonly host: string;
  readonly options: PlainSimulatorOptions;
  readonly incidents: readonly ScheduledIncident[];
}
