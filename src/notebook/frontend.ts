/**
 * Where outputs go: the kernel's front end in a notebook, a list in memory everywhere else. The only file that touches
 * `Deno.jupyter`.
 *
 * @module
 */
import type { Bundle } from "./displayable.ts";

/** Takes outputs. */
export interface Frontend {
  /** Shows a bundle; with an id it can be redrawn by the next call with `update`. */
  display(
    bundle: Bundle,
    options?: { readonly displayId?: string; readonly update?: boolean },
  ): Promise<void>;
  /** Adds text to the cell's output. */
  write(stream: "stdout" | "stderr", text: string): Promise<void>;
}

/** What a {@link MemoryFrontend} holds. */
export type KeptOutput =
  | { readonly kind: "stream"; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "display"; readonly bundle: Bundle; readonly displayId?: string };

/** Keeps outputs, so that code written for notebooks runs and can be looked at outside of one. */
export class MemoryFrontend implements Frontend {
  /** In order; a redrawn display stands where it was first shown. */
  readonly outputs: KeptOutput[] = [];
  /** Number of display messages, redraws included. */
  displayCount = 0;

  /** Appends, or replaces the output with the same id. */
  display(
    bundle: Bundle,
    options: { readonly displayId?: string; readonly update?: boolean } = {},
  ): Promise<void> {
    this.displayCount++;
    const { displayId, update } = options;
    const output: KeptOutput = { kind: "display", bundle, ...(displayId === undefined ? {} : { displayId }) };
    const index = this.outputs.findIndex((kept) => kept.kind === "display" && kept.displayId === displayId);
    if (update && displayId !== undefined && index >= 0) this.outputs[index] = output;
    else this.outputs.push(output);
    return Promise.resolve();
  }

  /** Appends. */
  write(stream: "stdout" | "stderr", text: string): Promise<void> {
    this.outputs.push({ kind: "stream", stream, text });
    return Promise.resolve();
  }
}

let current: Frontend | undefined;

/** The front end in use: the one set by {@link useFrontend}, else the kernel's, else one in memory. */
export function frontend(): Frontend {
  current ??= kernelFrontend() ?? new MemoryFrontend();
  return current;
}

/** Sends outputs elsewhere; `undefined` goes back to the default. */
export function useFrontend(other: Frontend | undefined): void {
  current = other;
}

/** True inside the Deno Jupyter kernel. */
export function inKernel(): boolean {
  return jupyter() !== undefined;
}

/** The kernel's own functions. Outside of it reading the property throws. */
function jupyter(): typeof Deno.jupyter | undefined {
  try {
    return Deno.jupyter;
  } catch {
    return undefined;
  }
}

function kernelFrontend(): Frontend | undefined {
  const kernel = jupyter();
  if (kernel === undefined) return undefined;
  return {
    async display(bundle, { displayId, update } = {}) {
      await kernel.broadcast(update ? "update_display_data" : "display_data", {
        data: bundle,
        metadata: {},
        transient: displayId === undefined ? {} : { display_id: displayId },
      });
      await settle();
    },
    async write(stream, text) {
      await kernel.broadcast("stream", { name: stream, text });
      await settle();
    },
  };
}

/**
 * The kernel may tell that a cell has ended before the cell's last outputs have left its queue (Deno 2.8.2 to 2.9.6);
 * front ends then lose them or put them under the next cell. This is long enough for a handful of messages.
 */
const SETTLE_MS = 30;

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
