import type { WorkloadText } from "./workload.ts";

/** Traditional Chinese. */
export const WORKLOAD_ZH_TW: WorkloadText = {
  plan: (address, model) => `對 ${address} 的 ${model} 送出負載，最多：`,
  searchPlan: (address, model, run, most) =>
    `尋找 ${address} 的 ${model} 的最高速率：每個速率 ${run}，接近極限時最多 ${most}。`,
  searchUsual: (usual) =>
    `時間：通常約 ${usual}；以 --within 設定上限（縮短每次執行 --seconds 也會更快），Ctrl-C 隨時結束並保留已找到的結果`,
  searchWithin: (within) => `時間：${within}，之後不再開始新的執行；Ctrl-C 隨時結束並保留已找到的結果`,
  searchUnbounded: "請求、token：沒有上限，因為送出的量取決於伺服器所能承受的量",
  searchRun: (elapsed, rate, seconds) => `經過 ${elapsed}：每秒 ${rate} 個，持續 ${seconds}`,
  requests: (count) => `請求：${count}`,
  duration: (duration) => `時間：${duration}`,
  tokens: (prompt, output) => `token：輸入 ${prompt}，輸出 ${output}`,
  money: (amount) => `費用：${amount}`,
  unbounded: "沒有上限",
  elsewhere: "這不是本機的位址：可能有其他人在使用，也可能產生費用。",
  trustGood: (lag) => `用戶端自身的延遲為 ${lag}（p99）：時間值的可信程度即在此範圍內。`,
  trustAdds: (lag) => `用戶端最多會讓每個時間值增加 ${lag}（自身延遲的 p99）。`,
  trustLimited: "這些時間可能來自用戶端本身，而非伺服器",
  trustLate: "負載沒有按計畫送出；時間從實際送出時起算",
  trustUnknown: "未測量時間值的可信程度",
  reasons: {
    lag: ({ lag }) => `執行緒晚了 ${lag} 才被喚醒`,
    lag_high: ({ lag }) => `執行緒晚了 ${lag} 才被喚醒（p99）`,
    first_coalesced: ({ firstCoalesced }) =>
      `${firstCoalesced} 的第一個 token 與第二個同時讀到，只有後者的時間`,
    coalesced: ({ coalesced }) => `${coalesced} 的 token 區塊與前一個區塊同時讀到`,
    late_sends: ({ lateness }) => `請求晚了 ${lateness} 才送出（p99）`,
    fetch_streams: () => "超過 50 個串流時 fetch 會延遲送達",
    virtual_time: () => "使用虛擬時鐘",
    too_short: () => "執行時間太短",
    no_times: () => "沒有測得任何時間：沒有任何請求得到回應",
  },
  stopped: {
    cancelled: "在結束前停止；已完成的部分保留於此。",
    tokenBudget: (tokens) => `達到 token 預算而停止，已使用或承諾 ${tokens} 個 token。`,
    time: (seconds) => `搜尋已達時間上限 ${seconds}：時間更長可能更接近極限。`,
    serverLost: (rate, requests, silent) =>
      `搜尋因伺服器在每秒 ${rate} 個時失去回應而結束：${
        silent === undefined ? "該次執行從未正常回應" : `最後一次正常回應在該次執行結束前 ${silent}`
      }，${requests} 個請求失敗或空等。`,
    failures: (count, error) => `連續 ${count} 次失敗後停止，最後一次：${error}`,
    thread: (error, lost) => `負載的一個執行緒失敗而停止：${error}。它已開始的 ${lost} 個請求沒有記錄。`,
  },
  takeEpoll:
    '請改用引擎 epoll：時間取自核心，不受此執行緒影響：deno run -A src/cli/main.ts load --engine epoll …，在 notebook 中則為 engine: "epoll"。',
  fewerThreads: (count, reason) => `負載只用了 ${count} 個執行緒：${reason}。`,
  threadLimits: {
    conversation: "對話的所有字詞都取自同一個來源",
    users: "更多執行緒也無事可做",
    own_thread: "經由 proxy，或使用自己的 fetch 或時鐘時，負載在呼叫端的執行緒中執行",
  },
  goodput: (good, counted, ratio, lower, upper, rate) =>
    `${counted} 個請求中有 ${good} 個達到目標：${ratio}（95%：${lower} 至 ${upper}），每秒 ${rate} 個。`,
  noGoodput: "沒有可計入目標的請求。",
  leftOut: (count) => `另有 ${count} 個被中斷的請求不計入。`,
  probe: (rate, share, runs, seconds, verdict) =>
    `每秒 ${rate} 個：${share} 達到目標，執行 ${runs} 次共 ${seconds}，${verdict}`,
  between: (lower, upper) => `（${lower} 至 ${upper}）`,
  searchEstimate: (rate) => `極限本身的最佳估計：每秒 ${rate} 個，達標比例在此越過目標。`,
  verdicts: {
    holds: "達標",
    fails: "未達標",
    undecided: "太接近而無法判定，不作保證",
    client_limited: "受限於用戶端，無法判斷伺服器",
  },
  searchFound: (best, failed) => `達到目標的最高速率：每秒 ${best} 個；每秒 ${failed} 個則未達標。`,
  searchClient: (best, failed) =>
    `直到每秒 ${best} 個，目標皆能達成。每秒 ${failed} 個時受限於本用戶端：伺服器的極限可能更高。`,
  searchClientNone: (failed) => `無法判斷伺服器：從所嘗試的最低速率每秒 ${failed} 個起，即受限於本用戶端。`,
  searchUndecided: (best, undecided) =>
    `達到目標的最高速率：每秒 ${best} 個；每秒 ${undecided} 個時無法判定（以 --seconds 延長即可判定）。`,
  searchAbove: (best) => `直到所嘗試的最高速率每秒 ${best} 個，目標皆能達成。`,
  searchUndecidedNone: (lowest) =>
    `無法判斷：速率降到每秒 ${lowest} 個，結束的請求仍太少，無從判定（以 --seconds 延長即可判定）。`,
  searchUntilLost: (best) =>
    best === undefined
      ? "在此之前尚無速率證實達標：無法得知伺服器的極限。"
      : `在此之前，直到所嘗試的最高速率每秒 ${best} 個，目標皆能達成。`,
  searchNone: (lowest) => `速率降到每秒 ${lowest} 個仍未達成目標。`,
  lostServer: (requests, silent) =>
    silent === undefined
      ? `伺服器從未正常回應：${requests} 個請求失敗或空等。`
      : `伺服器在結束前已失去回應：最後一次正常回應在結束前 ${silent}，其後 ${requests} 個請求失敗或空等。`,
  silentServer: (requests, silent) =>
    `最後 ${silent} 有 ${requests} 個請求在等待，卻沒有任何 token：伺服器停住、已經不在，或正在處理其他人的請求（deno task monitor 可看出是哪一種）。`,
  counts: (planned, parts) => `請求：${planned} = ${parts.join(" + ")}。`,
  checkKey: "請檢查金鑰：環境變數 LAB_API_KEY",
  failed: "失敗",
  cutByDrain: (count) =>
    `有 ${count} 個請求在結束後仍在執行而被中斷：這些時間不含最長的回應（以 --drain 或 drainSeconds 可延長等待）。`,
  keptPrefixes: "提示未加鹽：伺服器的快取可能已在先前的執行中見過這些提示。",
};
