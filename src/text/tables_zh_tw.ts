import type { TablesText } from "./tables.ts";

/** Traditional Chinese headings. */
export const TABLES_ZH_TW: TablesText = {
  sample: "樣本",
  labels: "標籤",
  value: "值",
  request: "請求",
  outcome: "結果",
  promptTokens: "提示 token",
  outputTokens: "輸出 token",
  more: (count) => `另有 ${count} 列`,
};
