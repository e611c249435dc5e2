/**
 * `process_*` and `python_*` of a simulated API server: plausible, growing with time and work as the recorded one did.
 *
 * @module
 */

/** What those figures depend on. */
export interface ServerProcess {
  /** When the process began, Unix seconds: well before it answered. */
  readonly startSeconds: number;
  /** When it began to answer. */
  readonly readySeconds: number;
  /** HTTP requests and output tokens so far, which cost CPU and garbage collections. */
  readonly requests: number;
  readonly outputTokens: number;
  readonly openStreams: number;
}

/** CPU seconds of imports and start-up, per request, per token and per idle second, from the recorded run. */
const CPU_START = 17.3;
const CPU_PER_REQUEST = 4e-3;
const CPU_PER_TOKEN = 0.2e-3;
const CPU_PER_SECOND = 2e-3;

/**
 * The value of a `process_*` or `python_*` sample.
 *
 * @param seen the recorded value, which stays where time and work do not move it, and now
 * @throws RangeError for a family that is neither
 */
export function processValue(
  process: ServerProcess,
  family: string,
  seen: { readonly recorded: number; readonly timeSeconds: number },
): number {
  const { requests, outputTokens } = process;
  const upSeconds = Math.max(0, seen.timeSeconds - process.readySeconds);
  switch (family) {
    case "process_start_time_seconds":
      return Math.round(process.startSeconds * 100) / 100;
    case "process_cpu_seconds_total": {
      const cpu = CPU_START + CPU_PER_REQUEST * requests + CPU_PER_TOKEN * outputTokens +
        CPU_PER_SECOND * upSeconds;
      return Math.round(cpu * 100) / 100;
    }
    case "process_resident_memory_bytes":
      return seen.recorded + 4096 * Math.min(20_000, Math.round(requests * 3));
    case "process_virtual_memory_bytes":
    case "process_max_fds":
    case "python_info":
      return seen.recorded;
    case "process_open_fds":
      return 33 + process.openStreams;
    case "python_gc_objects_collected_total":
      return seen.recorded + (seen.recorded > 0 ? requests * 9 : 0);
    case "python_gc_objects_uncollectable_total":
      return 0;
    case "python_gc_collections_total":
      return seen.recorded + Math.floor(seen.recorded / 200 * (outputTokens + 20 * requests) / 1000);
    default:
      throw new RangeError(`Cannot write ${family}: no figure stands behind it, wanted a known family`);
  }
}
