/**
 * A recorded machine in place of this one: the same numbers on every machine, for lessons on a virtual clock.
 *
 * @module
 */
import { checkOptions, NUMBER, POSITIVE, TEXT } from "../base/arguments.ts";
import type { SampleBatch, Sampler } from "../series/types.ts";
import { BatchBuilder } from "./batch_builder.ts";
import type { SystemRecording } from "./system_recording.ts";

/** How the recording is played. */
export interface ReplaySystemOptions {
  /** Default 1, as recorded. */
  readonly intervalSeconds?: number;
  /** The sampler's name, default "system". */
  readonly id?: string;
  /** Where in the recording the first tick falls, default 0. */
  readonly offsetSeconds?: number;
}

/**
 * Plays `data/system/host.json`: each tick gives what the recorded machine showed so long after the recording's start, and
 * after its end it begins again. The facts say that it is not this machine: `simulated` is true.
 */
export async function replaySystemSampler(options: ReplaySystemOptions = {}): Promise<Sampler> {
  checkOptions<ReplaySystemOptions>("replaySystemSampler()", options, {
    intervalSeconds: POSITIVE,
    id: TEXT,
    offsetSeconds: NUMBER,
  });
  const file = new URL("../../data/system/host.json", import.meta.url);
  return replayRecording(JSON.parse(await Deno.readTextFile(file)), options);
}

/** As {@link replaySystemSampler}, for a recording of one's own. */
export function replayRecording(recording: SystemRecording, options: ReplaySystemOptions = {}): Sampler {
  const { intervalSeconds = recording.intervalSeconds, id = "system", offsetSeconds = 0 } = options;
  const builder = new BatchBuilder({ untouched: "end" });
  const length = Math.max(...recording.series.map(({ values }) => values.length));
  let startSeconds: number | undefined;
  return {
    id,
    intervalSeconds,
    facts: {
      target: id,
      kind: "host",
      simulated: true,
      address: "data/system/host.json",
      intervalSeconds,
      details: { ...recording.details, origin: recording.origin },
    },
    sample(timeSeconds): Promise<SampleBatch> {
      startSeconds ??= timeSeconds;
      // A tick's time carries the rounding of the clock: a step that is due counts as reached.
      const elapsed = timeSeconds - startSeconds + offsetSeconds + 1e-6;
      const at = Math.floor(elapsed / recording.intervalSeconds) % length;
      for (const { labels, values, ...shape } of recording.series) {
        builder.set(shape, labels, values[at] ?? undefined);
      }
      return Promise.resolve(builder.build());
    },
  };
}
