/**
 * The lab's recording: a file that begins to exist with the first reading, so that an opened and closed notebook leaves none.
 *
 * @module
 */
import { dirname } from "node:path";
import type { Cause } from "../base/cause.ts";
import type { Clock } from "../base/clock.ts";
import type { BatchSink } from "../collector/recorder.ts";
import { createRecording, type RecordingWriter } from "../recording/writer.ts";
import type { LabEvent, TargetFacts } from "../series/types.ts";

/** A sink for a collector, and the end of its file. */
export interface LabRecording extends BatchSink {
  /** Completes the file, if there is one. A second call does nothing. */
  close(): void;
}

/**
 * Prepares a recording at a path; its folder is made with it.
 *
 * @param onRefused told once when the file cannot be made: whoever reads goes on without it, and has to know
 */
export function labRecording(
  path: string,
  clock: Clock,
  onRefused: (cause: Cause) => void = () => {},
): LabRecording {
  const known: TargetFacts[] = [];
  let writer: RecordingWriter | undefined;
  let tell: ((event: LabEvent) => void) | undefined;
  let closed = false;
  let refused = false;
  const make = () => {
    try {
      Deno.mkdirSync(dirname(path), { recursive: true });
      return createRecording(path, { clock });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!refused) onRefused({ code: "recording_failed", params: { path, error: message } });
      refused = true;
      throw error;
    }
  };
  const open = (): RecordingWriter => {
    if (closed) throw new Error("Cannot record: the lab was closed, wanted an open one");
    if (writer === undefined) {
      writer = make();
      writer.listen((event) => tell?.(event));
      for (const facts of known) writer.addFacts(facts);
    }
    return writer;
  };
  return {
    append: (samplerId, timeSeconds, batch) => open().append(samplerId, timeSeconds, batch),
    fail: (samplerId, timeSeconds, event) => open().fail(samplerId, timeSeconds, event),
    addEvent: (event) => open().addEvent(event),
    addFacts: (facts) => {
      if (writer === undefined) known.push(facts);
      else writer.addFacts(facts);
    },
    listen(listener) {
      tell = listener;
    },
    close() {
      closed = true;
      writer?.close();
      writer = undefined;
    },
  };
}
