import type { RunSummaryText } from "./run_summary.ts";

/** Traditional Chinese words of the run summary. */
export const RUN_SUMMARY_ZH_TW: RunSummaryText = {
  nothing: "沒有收集到任何資料。",
  simulated: "模擬",
  targets: "監控目標",
  span: (from, to, duration) => `${from} 至 ${to}（${duration}）`,
  requests: "請求",
  outcomes: {
    ok: "成功",
    error: "被拒絕或失敗",
    connection_error: "連線失敗",
    timeout: "逾時",
    aborted: "刻意中斷",
    unfinished: "未完成",
    dropped: "未送出",
  },
  notSent: (count) => `${count} 未送出`,
  rate: (rate, duration) => `負載 ${duration} 期間成功 ${rate}`,
  noClient: "未從此處送出請求",
  tokens: (prompt, output, rate) => `token：提示 ${prompt}，生成 ${output}（${rate}）`,
  clientSide: "用戶端",
  serverSide: "伺服器",
  mean: "平均",
  count: "n",
  bucket: (lower, upper) => `介於 ${lower} 與 ${upper} 之間`,
  peaks: "最大值",
  running: "執行中",
  waiting: "等待中",
  kvCache: "KV 快取",
  cpu: "CPU",
  memory: "記憶體",
  preemptions: "搶占",
  failedScrapes: (count) => `${count} 次抓取失敗：圖表中為缺口，檔案中為空白`,
  clockJumps: (count, longest) =>
    `時鐘跳動 ${count} 次，最多 ${longest}：這台機器曾休眠或過於忙碌、程序曾被暫停，或時鐘被調整；期間沒有讀取`,
  resets: (count) => `${count} 次計數器歸零：伺服器曾重新啟動`,
  cutBeforeToken: (cut, of, p50, p99) =>
    `${of} 個請求中有 ${cut} 個在第一個 token 之前被中斷，不在 TTFT 之列：依其已等待的時間，真正的 p50 至少 ${p50}，p99 至少 ${p99}。`,
  together: (servers) => `${servers} 台伺服器合計`,
  failure: (count, what, reason) => `${count} × ${what}：${reason}`,
};
