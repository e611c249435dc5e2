/**
 * The simulated server as a task of its own: listens until it is told to stop.
 *
 * @module
 */
import { realClock } from "../../collector/clock.ts";
import type { ScheduledIncident } from "../engine/incidents.ts";
import type { PlainSimulatorOptions } from "./control.ts";
import { IncidentDirector } from "./incident_director.ts";
import { openPort } from "./port.ts";
import type { ServerLogOptions } from "./server_log.ts";
import { SimulatedServer } from "./simulated_server.ts";

/** Where and as what it serves. */
export interface ServeSimulatedOptions extends PlainSimulatorOptions {
  /** Default true here: whoever scrapes the port may not see the header. */
  readonly targetInfo?: boolean;
  /** Default 8000. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly incidents?: readonly ScheduledIncident[];
  /** Told once it listens. */
  readonly onListen?: (url: string) => void;
  /** A log like vLLM's own. */
  readonly log?: ServerLogOptions;
  /** Told when it cannot keep pace: by how much it was late. */
  readonly onLostPace?: (lateSeconds: number) => void;
}

/**
 * Serves on this thread until the signal is aborted.
 *
 * @throws Deno.errors.AddrInUse when the port is taken; RangeError for an unknown profile, version or incident
 */
export async function serveSimulated(options: ServeSimulatedOptions, signal: AbortSignal): Promise<void> {
  const { port = 8000, host = "127.0.0.1", incidents = [], onListen, onLostPace, log, ...rest } = options;
  const server = new SimulatedServer({
    targetInfo: true,
    ...rest,
    clock: realClock(),
    ...(log === undefined ? {} : { log }),
    events: onLostPace === undefined ? {} : { onLostPace },
  });
  const director = new IncidentDirector(server);
  const open = openPort(server, { port, host });
  onListen?.(open.url);
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const plan = director.follow(incidents, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  try {
    await Promise.race([stopped, plan.then(() => stopped)]);
  } finally {
    await open.close();
  }
}
