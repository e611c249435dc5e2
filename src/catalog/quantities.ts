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
import { type Check, listOf } from "../base/arguments.ts";
import { nearNames } from "../base/near_names.ts";
import type { Quantity } from "./entry.ts";
import { CACHES } from "./table/caches.ts";
import { CLIENT } from "./table/client.ts";
import { GPU_LIMITS } from "./table/gpu_limits.ts";
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
  ...GPU_LIMITS,
  ...CLIENT,
};

/** Whether a text is the name of a quantity. */
export function isQuantityName(text: string): text is QuantityName {
  return Object.hasOwn(QUANTITIES, text);
}

/**
 * What the lab means by a quantity. A notebook's cells are not type-checked, so a wrong name is told here.
 *
 * @throws RangeError when there is no such quantity, naming those that come near
 */
export function quantityOf(name: string): Quantity {
  if (isQuantityName(name)) return QUANTITIES[name];
  const near = nearNames(String(name), Object.keys(QUANTITIES));
  const wanted = near.length === 0 ? "one of those in QUANTITIES" : `perhaps ${near.join(", ")}`;
  throw new RangeError(
    `Cannot read the quantity ${JSON.stringify(name)}: no such quantity, wanted ${wanted}`,
  );
}

/** A quantity's name, as an argument or an option. */
export const QUANTITY: Check = {
  type: "string",
  wanted: "a quantity, one of those in QUANTITIES",
  accepts: (value) => typeof value === "string" && isQuantityName(value),
  names: () => Object.keys(QUANTITIES),
};

/** A list of quantities' names. */
export const QUANTITY_LIST: Check = listOf(QUANTITY, "a list of quantities, those in QUANTITIES");
