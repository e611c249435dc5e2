/**
 * Checks of what the catalog is asked with, for cells that no compiler has seen.
 *
 * @module
 */
import { ANY_TEXT, type Check, checkArgument, checkOptions, shape } from "../base/arguments.ts";
import type { ResolveOptions } from "./resolve.ts";

const META = shape("", ["name", "type", "help"]);

/** What metrics are called and mean. A list is looked into; anything else could be gone through only once. */
export const METAS: Check = {
  wanted: "a list of { name, type, help }, such as await source.describe()",
  accepts: (value) => {
    if (Array.isArray(value)) return value.every(META.accepts);
    return typeof value === "object" && value !== null && Symbol.iterator in value;
  },
};

/**
 * Refuses families or options that are none.
 *
 * @throws TypeError
 */
export function checkResolve(call: string, families: unknown, options: unknown): void {
  checkArgument(call, { families }, METAS);
  checkOptions<ResolveOptions>(call, options, { version: ANY_TEXT });
}
