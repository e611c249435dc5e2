/** What the tests use of `parse-prometheus-text-format`, which has no types of its own. */
export default function parsePrometheusTextFormat(text: string): {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly Record<string, never>[];
}[];
