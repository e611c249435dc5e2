import type { AlarmText } from "./alarms.ts";

const VERDICTS = {
  met: "達成",
  missed: "未達成",
  met_so_far: "目前達成，但請求太少，尚不能確定",
  missed_so_far: "目前未達成，但請求太少，尚不能確定",
} as const;

/** Traditional Chinese words about limits and objectives. */
export const ALARMS_ZH_TW: AlarmText = {
  begins: (limit, value, where) => `警報 ${limit}：目前 ${value}${where === "" ? "" : `，位於 ${where}`}`,
  ends: (limit, duration, worst, where) =>
    `解除 ${limit}：歷時 ${duration}，最差 ${worst}${where === "" ? "" : `，位於 ${where}`}`,
  goesOn: (limit, duration, worst, where) =>
    `監控結束時仍超出 ${limit}：已 ${duration}，最差 ${worst}${where === "" ? "" : `，位於 ${where}`}`,
  held: (limit) => `通過 ${limit}：始終符合`,
  unsure: (looks, between) => `；有 ${looks} 次檢查無法判定，最近一次${between}`,
  silent: (looks, of, cause) => `；${of} 次檢查中有 ${looks} 次沒有可判定的數值：${cause}`,
  neverSure: (limit, between, borders) =>
    `未通過 ${limit}：從未能判定，伺服器的分桶只說明其值${between}${
      borders.length === 0 ? "" : `；改用 ${borders.join(" 或 ")} 為限即可判定`
    }`,
  cannotTell: (limit, between, borders) =>
    `無法判定 ${limit}：伺服器的分桶只說明其值${between}${
      borders.length === 0 ? "" : `；改用 ${borders.join(" 或 ")} 為限即可判定`
    }`,
  between: (lower, upper) => `介於 ${lower} 與 ${upper} 之間`,
  atLeast: (lower) => `至少 ${lower}`,
  atMost: (upper) => `至多 ${upper}`,
  broken: (limit, episodes, worst, where) =>
    `未通過 ${limit}：超出 ${episodes} 次，最差 ${worst}${where === "" ? "" : `（${where}）`}`,
  unread: (target, duration) => `未通過 ${target}：監看結束時無法讀取，已持續 ${duration}`,
  neverJudged: (limit, cause) => `未通過 ${limit}：從未能判定，${cause}`,
  burn: (factor) => `錯誤預算速度的 ${factor} 倍`,
  webhookFails: (host, cause) => `無法呼叫 ${host} 的 webhook：${cause}。監控繼續進行。`,
  webhookWorks: (host, failed) => `${host} 的 webhook 恢復接收；有 ${failed} 次未送達`,
  webhookLost: (host, lost) => `${host} 的 webhook：有 ${lost} 次呼叫未送達`,
  kept: (isKept, line) => `${isKept ? "通過" : "未通過"} ${line}`,
  objective: (one) =>
    `目標 ${one.objective}：${one.total} 個${
      one.gaps ? "間隔" : "請求"
    }中有 ${one.share}（${one.met}）達標，需要 ${one.wanted}：${VERDICTS[one.verdict]}。`,
  budget: (left, burn) =>
    left.startsWith("-") ? `錯誤預算已用掉 ${burn} 倍` : `錯誤預算剩餘 ${left}，消耗速度為 ${burn} 倍`,
  noRequests: (objective, cause) => `目標 ${objective}：無法判定，${cause}`,
  alarmed: (episodes, worst) => `監控期間發出 ${episodes} 次警報，最差 ${worst}`,
  together: (servers) => `${servers} 台伺服器合計`,
  boundary: (limit, border) => `以分桶邊界 ${border} 計算，是不超過 ${limit} 的最大邊界`,
  countedBy: {
    request_means: "以每個請求的平均每 token 時間計算",
    gaps: "以 token 之間的個別間隔計算，因為此伺服器不保留每個請求的平均",
  },
  stillWaiting: (count) => `未達標者中有 ${count} 個在資料結束時已超過限制而尚未結束`,
  cut: (count, worst) =>
    `另有至少 ${count} 個請求在伺服器的直方圖計入之前就結束（若全部未達標則為 ${worst}）`,
  burnAlert: (factor, long, short, span, peak) =>
    `在 ${long} 與 ${short} 內均以 ${factor} 倍以上的速度消耗：${span}，最高 ${peak}`,
};
