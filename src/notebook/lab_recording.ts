/**
 * The lab's recording: a file that begins to exist with the first reading, so that an opened and closed notebook leaves none.
 *
 * @module
 */
import { dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { BatchSink } from "../collector/recorder.ts";
import { createRecording, type RecordingWriter } from "../recording/writer.ts";
import type { LabEvent, TargetFacts } from "../series/types.ts";

/** A sink for a collector, and the end of its file. */
export interface LabRecording extends BatchSink {
  /** Completes the file, if there is one. A second call does nothing. */
  close(): void;
}

/** Prepares a recording at a path; its folder is made with it. */
export function labRecording(path: string, clock: Clock): LabRecording {
  const known: TargetFacts[] = [];
  let writer: RecordingWriter | undefined;
  let tell: ((event: LabEvent) => void) | undefined;
  let closed = false;
  const open = (): RecordingWriter => {
    if (closed) throw new Error("Cannot record: the lab was closed, wanted an open one");
    if (writer === undefined) {
      Deno.mkdirSync(dirname(path), { recursive: true });
      writer = createRecording(path, { clock });
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
