/**
 * Formulas of evidence in the reader's language. Functions and quantities are names, as in PromQL, and stay; what is said in
 * words is translated.
 *
 * @module
 */
import type { Language } from "./language.ts";

/** Words of formulas, longer ones before those that they hold. */
const ZH_TW: readonly (readonly [string, string])[] = [
  ["requests cut as their load was stopped", "停止負載時中斷的請求"],
  ["requests that ended in an error", "以錯誤結束的請求"],
  ["requests limited by their client", "受用戶端限制的請求"],
  ["failed requests", "失敗的請求"],
  ["ended requests", "結束的請求"],
  ["answered requests", "得到回應的請求"],
  ["cut requests", "中斷的請求"],
  ["(cached + computed prompt tokens)", "(快取 + 實際計算的提示 token)"],
  ["cached prompt tokens", "快取的提示 token"],
  ["computed prompt tokens", "實際計算的提示 token"],
  ["first chunk - sent", "第一個片段 - 送出"],
  [" over requests answered in w", "，w 內得到回應的請求"],
  ["client mean TTFT", "用戶端平均 TTFT"],
  ["server mean TTFT", "伺服器平均 TTFT"],
  ["sent - due", "送出 - 排定"],
  ["time without a good scrape", "沒有成功抓取的時間"],
  ["end - time of the last point", "結束時間 - 最後一點的時間"],
  ["series that began again", "重新計數的序列"],
  ["min by GPU", "各 GPU 最小值"],
  ["max by GPU", "各 GPU 最大值"],
];

/** The formula with its words in the language. */
export function formulaText(formula: string, language: Language): string {
  return language === "en"
    ? formula
    : ZH_TW.reduce((text, [english, chinese]) => text.replaceAll(english, chinese), formula);
}
