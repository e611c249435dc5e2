/**
 * Names whose colons a server may have escaped.
 *
 * @module
 */

/** `vllm_x` for `vllm:x`: OpenMetrics' underscore escaping. */
export function nameWithoutColons(name: string): string {
  return name.replaceAll(":", "_");
}
