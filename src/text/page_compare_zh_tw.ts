/**
 * Two parts of the time beside each other: Traditional Chinese as used in Taiwan.
 *
 * @module
 */
import type { PageCompareText } from "./page_compare.ts";

/** Traditional Chinese as used in Taiwan. */
export const PAGE_COMPARE_ZH_TW: PageCompareText = {
  keepA: "記為 A",
  keepB: "記為 B",
  end: "結束比較",
  hint: "放大到一段時間並記為 A，再放大到另一段並記為 B。",
  title: "A 與 B 的比較",
  figure: "數值",
  difference: "B 與 A 相比",
  kinds: { mean: "平均", highest: "最高", p50: "p50", p95: "p95", rate: "速率" },
  note: "每個數值都涵蓋整段時間，不是圖上線條的平均。無法分辨：兩者所在的區間重疊。",
  failed: "無法讀取數值，請再試一次。",
  same: "相同",
  higher: (share) => `高 ${share}`,
  lower: (share) => `低 ${share}`,
  times: (factor) => `為 ${factor} 倍`,
  points: (points, isHigher) => `${isHigher ? "高" : "低"} ${points} 個百分點`,
  fromZero: "A 中沒有",
  notTold: "無法分辨",
  onlyIn: (letter) => `只有 ${letter} 有`,
  nothing: "兩段時間都沒有讀到資料。",
};
