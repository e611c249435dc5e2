/** What the notebook helpers say, in Traditional Chinese as used in Taiwan. @module */
import type { NotebookText } from "./notebook.ts";

/** Traditional Chinese. */
export const notebookZhTw: NotebookText = {
  stopped: "已停止。目前收集到的資料都會保留。",
  notRun: "未執行，因為前面的儲存格被停止了。準備好之後請再執行一次。",
  lostPace: (late, times) =>
    `這台機器對此負載而言太慢：模擬伺服器落後 ${late}（至今 ${times} 次），其數字是一台較慢伺服器的數字。`,
  backgroundError: (message) => `背景工作失敗：${message}`,
};
