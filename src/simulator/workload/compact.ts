/**
 * Optional fields without `undefined` in them: pure.
 *
 * @module
 */

/** The same fields; those that may be undefined become optional. */
export type Compact<T> =
  & { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] }
  & { readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Leaves out every field whose value is undefined. */
export function compact<T extends object>(fields: T): Compact<T> {
  // The compiler cannot follow a filter over entries; what is removed here is exactly what the type makes optional.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Compact<T>;
}
