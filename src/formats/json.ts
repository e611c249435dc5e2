/**
 * JSON as a type, and the narrow guards that every reader of somebody else's file needs.
 *
 * @module
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object; a key that is missing reads as undefined. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** True for an object that is neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object under a key; an empty one when there is none. */
export function objectAt(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isJsonObject(found) ? found : {};
}

/** The string under a key; "" when there is none. */
export function stringAt(value: JsonObject, key: string): string {
  const found = value[key];
  return typeof found === "string" ? found : "";
}

/** The strings of the list under a key; other items are left out, no list gives an empty one. */
export function stringsAt(value: JsonObject, key: string): readonly string[] {
  const found = value[key];
  return Array.isArray(found) ? found.filter((item) => typeof item === "string") : [];
}

/** The number under a key, or null. */
export function numberAt(value: JsonObject, key: string): number | null {
  const found = value[key];
  return typeof found === "number" ? found : null;
}
