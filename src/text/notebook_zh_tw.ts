/** What the notebook helpers say, in Traditional Chinese as used in Taiwan. @module */
import type { LabMode, NotebookText } from "./notebook.ts";

/** The mode's own word stays in front: it is what `LAB_MODE` and code say. */
const MODES: Readonly<Record<LabMode, string>> = {
  server: "指定的伺服器",
  simulated: "模擬伺服器",
  replay: "重播",
};

/** Traditional Chinese. */
export const notebookZhTw: NotebookText = {
  stopped: "已停止。目前收集到的資料都會保留。",
  notRun: "未執行，因為前面的儲存格被停止了。準備好之後請再執行一次。",
  lostPace: (late, times) =>
    `這台機器跑不動這樣的負載：模擬伺服器落後 ${late}（至今 ${times} 次），量到的數字等於來自一台較慢的伺服器。`,
  notRunYet: (name, cells) => `${name} 還不存在。請先執行${cells.join("，再執行")}`,
  cellWith: ({ makes, section }) => `第 ${section} 節含有「${makes}」的儲存格`,
  notImported: (name) => `${name} 尚未匯入。請在前面加上：import { ${name} } from "#lab"`,
  notExported: (name, near) => `「#lab」沒有 ${name}，也許該是 ${near}`,
  notDefined: (name, near) =>
    `${name} 沒有定義。${near === "" ? "" : `也許是「#lab」的 ${near}；若不是，`}請先執行建立它的儲存格`,
  opened: ({ mode, apiBase, simulated }) =>
    `模式：${mode}（${MODES[mode]}），API：${apiBase}，模擬：${simulated ? "是" : "否"}`,
  labClosed: "實驗室已經關閉（第 9 節會關閉它）：請從第 1 節起重新執行各儲存格",
  nothingToShow: "沒有可顯示的內容：清單是空的，例如還沒有任何數值時。",
  backgroundError: (message) => `背景工作失敗：${message}`,
};
