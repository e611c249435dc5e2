/**
 * The thread on which all NVML calls are made: they are synchronous, and a slow one must not hold up the rest of the lab.
 *
 * @module
 */
import { BY_MESSAGE, Channel, COMMAND } from "./channel.ts";
import { openLibrary } from "./library.ts";
import { NvmlSession, type SessionReading } from "./session.ts";
import { type WireSample, WireWriter } from "./wire.ts";

/** The one message to this thread. Everything after it goes through the shared memory. */
export interface NvmlStart {
  readonly path: string;
  readonly memory: SharedArrayBuffer;
}

/** An answer that is more than numbers. */
export type NvmlAnswer =
  | { readonly sample: WireSample; readonly values: Float64Array }
  | { readonly failed: string };

/** The worker's own side of the channel; the types of `dom` know a page's only. */
interface Port {
  onmessage: ((event: MessageEvent<NvmlStart>) => void) | null;
  postMessage(answer: NvmlAnswer): void;
  close(): void;
}

const port = globalThis as unknown as Port;

port.onmessage = ({ data: { path, memory } }) => {
  serve(path, new Channel(memory));
  port.close();
};

/** Answers until it is told to end. There is no event loop meanwhile: nothing but questions wakes this thread. */
function serve(path: string, channel: Channel): void {
  const library = openLibrary(path);
  const session = "functions" in library ? new NvmlSession(library.functions) : undefined;
  const absent: SessionReading = {
    devices: [],
    tiers: 0,
    changes: 0,
    faults: [],
    ...("absent" in library ? { absent: library.absent } : {}),
  };
  const writer = new WireWriter();
  while (true) {
    const { command, timeSeconds } = channel.nextQuestion();
    if (command === COMMAND.close) {
      session?.close();
      return channel.answer(BY_MESSAGE);
    }
    try {
      answer(channel, writer, session?.read(timeSeconds) ?? absent);
    } catch (error) {
      port.postMessage({ failed: error instanceof Error ? error.message : String(error) });
      channel.answer(BY_MESSAGE);
    }
  }
}

function answer(channel: Channel, writer: WireWriter, reading: SessionReading): void {
  const sample = writer.pack(reading);
  const { form, size, newForm, faults } = sample;
  if (newForm === undefined && faults === undefined && size <= channel.values.length) {
    writer.write(form, channel.values);
    return channel.answer(form, size);
  }
  const values = new Float64Array(size);
  writer.write(form, values);
  port.postMessage({ sample, values });
  channel.answer(BY_MESSAGE);
}
