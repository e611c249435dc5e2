import type { TablesText } from "./tables.ts";

/** English headings. */
export const TABLES_EN: TablesText = {
  sample: "sample",
  labels: "labels",
  value: "value",
  request: "request",
  outcome: "outcome",
  promptTokens: "prompt tokens",
  outputTokens: "output tokens",
  more: (count) => `and ${count} more`,
};
