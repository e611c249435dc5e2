/**
 * The thread on which all NVML calls are made: they are synchronous, and a slow one must not hold up the rest of the lab.
 *
 * @module
 */
import type { GpuSample } from "../gpu/types.ts";
import { openLibrary } from "./library.ts";
import { NvmlSession } from "./session.ts";
import { type WireSample, WireWriter } from "./wire.ts";

/** What the lab's thread asks. */
export type NvmlQuestion =
  | { readonly ask: "open"; readonly path: string }
  | { readonly ask: "read"; readonly timeSeconds: number }
  | { readonly ask: "close" };

/** What it is answered: one answer for each `read` and for `close`. */
export type NvmlAnswer =
  | { readonly sample: WireSample }
  | { readonly failed: string }
  | { readonly closed: true };

/** The worker's own side of the channel; the types of `dom` know a page's only. */
interface Channel {
  onmessage: ((event: MessageEvent<NvmlQuestion>) => void) | null;
  postMessage(answer: NvmlAnswer): void;
  close(): void;
}

const channel = globalThis as unknown as Channel;
const writer = new WireWriter();
let session: NvmlSession | undefined;
let absent: GpuSample = { gpus: [] };

channel.onmessage = ({ data }) => {
  switch (data.ask) {
    case "open": {
      const library = openLibrary(data.path);
      if ("absent" in library) absent = { gpus: [], absent: library.absent };
      else session = new NvmlSession(library.functions);
      return;
    }
    case "read":
      return channel.postMessage(answer(data.timeSeconds));
    case "close":
      session?.close();
      channel.postMessage({ closed: true });
      return channel.close();
  }
};

function answer(timeSeconds: number): NvmlAnswer {
  try {
    return { sample: writer.pack(session?.read(timeSeconds) ?? absent) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}
