import type { CostText } from "./cost.ts";

/** Traditional Chinese words of the report's objectives and costs. */
export const COST_ZH_TW: CostText = {
  objectives: "服務目標",
  cost: "成本",
  what: "項目",
  value: "數值",
  note:
    "能源與金額涵蓋整段時間的 GPU，無論閒置與否。重新計算的 token 為上限（以平均請求計；實際通常為其三分之一至三分之二）；被中斷請求的 token 若從伺服器啟動起算則為精確值，否則為估計值。",
  rows: {
    outputTokens: "輸出 token",
    energy: "GPU 能源",
    energyPerMillion: "每百萬輸出 token 的能源",
    money: "這段時間的 GPU 費用",
    moneyPerMillion: "每百萬輸出 token 的費用",
    recomputed: "搶占後重新計算的 token（上限）",
    aborted: "被中斷或仍在執行之請求的 token",
    wasted: "兩者占提示、輸出與重新計算 token 總數的比例（上限）",
  },
};
