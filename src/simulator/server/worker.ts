/**
 * The Worker in which a simulated server runs, away from the thread that a notebook's cells can block.
 *
 * @module
 */
import { realClock } from "../../collector/clock.ts";
import { control, type WorkerCall, type WorkerMessage, type WorkerPlan } from "./control.ts";
import { IncidentDirector } from "./incident_director.ts";
import { type OpenPort, openPort } from "./port.ts";
import { SimulatedServer } from "./simulated_server.ts";

/** The part of a Worker's global scope that is used here. */
interface WorkerScope {
  readonly name: string;
  onmessage: ((event: MessageEvent<WorkerCall>) => void) | null;
  postMessage(message: WorkerMessage): void;
  close(): void;
}

// The types of the window are loaded, not those of a worker.
const scope = globalThis as unknown as WorkerScope;

run();

function run(): void {
  let server: SimulatedServer;
  let director: IncidentDirector;
  let port: OpenPort;
  try {
    const plan: WorkerPlan = JSON.parse(scope.name);
    const onLostPace = (lateSeconds: number) => scope.postMessage({ kind: "lost-pace", lateSeconds });
    server = new SimulatedServer({ ...plan.options, clock: realClock(), events: { onLostPace } });
    director = new IncidentDirector(server);
    port = openPort(server, plan);
    void director.follow(plan.incidents).catch(report);
  } catch (error) {
    scope.postMessage({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    return;
  }
  scope.onmessage = async ({ data: { id, command } }) => {
    try {
      scope.postMessage({ kind: "answer", id, result: await control({ server, director }, command) });
      if (command.do === "stop") scope.close();
    } catch (error) {
      scope.postMessage({
        kind: "refused",
        id,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  };
  scope.postMessage({ kind: "ready", port: port.port, url: port.url });
}

/** A plan that cannot be followed ends the Worker with an error that its owner sees. */
function report(error: unknown): void {
  reportError(error);
}
