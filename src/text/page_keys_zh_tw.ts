/**
 * Keys of the pages in the browser: Traditional Chinese as used in Taiwan.
 *
 * @module
 */
import type { PageKeysText } from "./page_keys.ts";

/** Traditional Chinese as used in Taiwan. */
export const PAGE_KEYS_ZH_TW: PageKeysText = {
  title: "按鍵",
  keys: [
    ["Tab", "到下一個圖"],
    ["← →", "所有圖的游標移到前一點或後一點"],
    ["Shift ← →", "游標移動目前顯示範圍的二十分之一"],
    ["+ -", "以游標為中心放大或縮小"],
    ["Esc", "顯示全部"],
    ["a b", "將目前顯示的時間記為 A 或 B 以便比較（即時頁面）"],
    ["Space", "暫停或繼續（即時頁面）"],
    ["?", "這份清單"],
  ],
};
