/**
 * The catalog: what each quantity is called by which server, since when, until when, and what is wrong with it.
 *
 * How it was made: vLLM's source of 18 versions (0.3.3 to 0.33.0), checked against running servers of 0.8.5 (V0),
 * 0.9.2 (V0, V1), 0.10.2, 0.11.2, 0.12.0, 0.14.1, 0.17.1, 0.20.2, 0.25.1 and 0.32.0; SGLang 0.5.23; the sources of
 * text-generation-inference, TensorRT-LLM, llama.cpp, Dynamo, Triton; the exporters' own documentation. "since" and
 * "until" are the first and last *of these versions*, not an exact tag.
 *
 * @module
 */
import type { Quantity } from "./entry.ts";
import { CACHES } from "./table/caches.ts";
import { CLIENT } from "./table/client.ts";
import { LATENCY } from "./table/latency.ts";
import { MACHINE } from "./table/machine.ts";
import { PROCESS } from "./table/process.ts";
import { SCHEDULER } from "./table/scheduler.ts";
import { TOKENS } from "./table/tokens.ts";
import type { QuantityName } from "./types.ts";

/** Every quantity that the lab knows. */
export const QUANTITIES: Readonly<Record<QuantityName, Quantity>> = {
  ...SCHEDULER,
  ...LATENCY,
  ...TOKENS,
  ...CACHES,
  ...PROCESS,
  ...MACHINE,
  ...CLIENT,
};

/** Whether a text is the name of a quantity. */
export function isQuantityName(text: string): text is QuantityName {
  return Object.hasOwn(QUANTITIES, text);
}
