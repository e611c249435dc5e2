import type { CostText } from "./cost.ts";

/** Traditional Chinese words of the report's objectives and costs. */
export const COST_ZH_TW: CostText = {
  objectives: "服務目標",
  cost: "成本",
  what: "項目",
  value: "數值",
  note: "能源與金額涵蓋整段時間的 GPU，無論閒置與否。重新計算的 token 為上限，被中斷請求的 token 為估計值。",
  rows: {
    outputTokens: "輸出 token",
    energy: "GPU 能源",
    energyPerMillion: "每百萬輸出 token 的能源",
    money: "這段時間的 GPU 費用",
    moneyPerMillion: "每百萬輸出 token 的費用",
    recomputed: "搶占後重新計算的 token（上限）",
    aborted: "被中斷或仍在執行之請求的 token",
    wasted: "兩者占所有提示與輸出 token 的比例",
  },
};
