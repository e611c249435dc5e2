import type { CliText } from "./cli.ts";

/** Traditional Chinese words of the command lines. */
export const CLI_ZH_TW: CliText = {
  cannotWatch: (address, cause) => `無法監控 ${address}：${cause}`,
  recordingFails: (cause) =>
    `${cause}。測得的資料暫存在記憶體，檔案可寫入時就會寫入：請清出磁碟空間，或關閉鎖住檔案的程式`,
  recordingWorks: (lost) =>
    lost === 0 ? "錄製檔恢復寫入，資料完整" : `錄製檔恢復寫入，但缺少記憶體放不下的 ${lost} 次讀取`,
  writtenElsewhere: (line, folder) => `${line}；檔案改寫到 ${folder}`,
  metricsElsewhere: "；若指標不在 URL/metrics，請用 --metrics-url 指定",
  answersAgain: (target) => `${target} 恢復回應`,
  standsStill: (target, engine, duration, running) =>
    `${target}${
      engine === "" ? "" : ` 的引擎 ${engine}`
    } 已 ${duration} 沒有產生 token，但有 ${running} 個請求在執行：可能卡住了`,
  goesOn: (target, engine) => `${target}${engine === "" ? "" : ` 的引擎 ${engine}`} 恢復產生 token`,
  serving: (url) => `模擬的 vLLM 位於 ${url}（指標位於 ${url}/metrics）。按 Ctrl-C 結束。`,
  servingTry: (url) =>
    [
      `  詢問  curl ${url}/v1/completions -H 'content-type: application/json' -d '{"prompt": "Hello", "max_tokens": 20}'`,
      `  負載  deno task load --url ${url}`,
      `  監控  deno task monitor --url ${url}`,
    ].join("\n"),
  incidentPlanned: (at, duration, title, notice) =>
    `${at} 時${duration === undefined ? "" : `，持續 ${duration}`}：${title}。請觀察：${notice}`,
  profileHeads: {
    name: "設定檔",
    alone: "單獨時每 token",
    busy: "忙碌時每 token",
    prefill: "提示 token/s",
    cache: "快取 token",
    what: "內容",
  },
  profileNote:
    "單獨：只有一個請求時，兩個 token 的間隔；忙碌：32 個各有 1,000 token 的請求之一（放不下時較少）。由公式計算；--json 列出來源與實測的部分。",
  incidentHeads: {
    cause: "發生什麼",
    notice: "請觀察",
    tell: "如何分辨",
    parameters: "參數",
  },
  limitHeads: { name: "名稱", with: "可接", units: "單位", what: "內容", example: "例如" },
  unreachable: "伺服器多久沒有回應",
  lostPace: (late, times) =>
    `這台機器跟不上此負載：模擬引擎落後 ${late}（至今 ${times} 次）。此時的數字等於一台較慢的伺服器；/metrics 以 lab_simulation_lost_pace_total 記錄`,
  portTaken: (port) => `無法監聽連接埠 ${port}：已被占用，請改用其他連接埠（--port）`,
  cell: (number, count, heading) => `第 ${number} / ${count} 格：${heading}`,
  cellDone: (duration) => ` ${duration}`,
  cellFailed: (number, reason) => `第 ${number} 格失敗：${reason}`,
  interrupted: "已中斷：已收集的資料均保留。",
  nothingCollected: "沒有收集到任何資料。",
  written: "已寫入",
  findings: "診斷結果",
  nothingThere: (address, { match, time }) =>
    `${address} ${time ? "在那段時間裡" : "中"}沒有${
      match ? "符合所有 --match 條件" : "語言模型伺服器或本實驗室"
    }的資料`,
  sent: (samples) => `已送出 ${samples} 個樣本`,
  pushed: (samples, series, address) => `已送出 ${series} 條序列的 ${samples} 個樣本到 ${address}`,
  pushFails: (address, why, more) => `${address}：${why}；將再試 ${more} 次。按 Ctrl-C 結束。`,
  pushRetries: (retries) => `有 ${retries} 次嘗試失敗並已重試`,
  pushRefused: (status, why, requests, samples) =>
    `遭拒，HTTP ${status}${why === "" ? "" : `（${why}）`}：${requests} 個請求，共 ${samples} 個樣本`,
  page: (url, tunnel) => `即時頁面：${url}（從其他機器：${tunnel}）`,
  noRun: (folder) => `${folder} 中尚無執行紀錄：改用隨附的資料`,
  cannotOpen: (path, reason) => `無法開啟 ${path}：${reason}`,
  notARun: (path, kind) =>
    `無法比較 ${path}：它看起來是 ${kind}，需要錄製檔，或 deno task load、vllm bench serve、AIPerf、GuideLLM 的 JSON 結果檔，或 deno task load 的 requests.csv`,
  reading: (name) => `讀取 ${name}`,
  readingRuns: (name, runs) => `讀取 ${name}：${runs} 次執行`,
  noRunIn: (path, files) => `無法比較 ${path}：此資料夾中沒有執行結果，需要其中之一：${files}`,
  noRecordingIn: (path, file) =>
    `無法開啟 ${path}：此資料夾中沒有錄製，需要含有 ${file} 的資料夾；負載的結果由 deno task compare 讀取`,
  whichSides: "無法比較：分不清哪些執行在前、哪些在後，需要 BEFORE AFTER，或 --before RUN … --after RUN …",
  exporter: (url) => `供 Prometheus 抓取：${url}`,
  stretch: (span) => `只看 ${span}`,
  sides: { before: (span) => `之前：${span}`, after: (span) => `之後：${span}` },
  outside: (held) => `無法選取時段：其中沒有資料，來源涵蓋 ${held}`,
  monitoring: (targets, interval) => `每 ${interval} 監控 ${targets}。按 Ctrl-C 結束。`,
  givenTwice: (address) => `${address} 指定了兩次：只監控一次`,
  noServerFound: (tried) => `在這台機器上找不到 vLLM：已嘗試 ${tried}；請以 --url 指定位址`,
  found: (address) => `找到位於 ${address} 的伺服器`,
  repaired: {
    kept: "已保留",
    lost: "已遺失",
    nothing: "無",
    all: "所有序列",
    missing: (bytes) => `檔尾 ${bytes}`,
    span: (target, from, to, series) => `${target}，${from} 至 ${to}：${series}`,
    parts: {
      samples: (count) => `${count} 個樣本`,
      chunks: (count) => `${count} 段序列`,
      blocks: (count) => `${count} 個區塊`,
      ticks: (count) => `${count} 次讀取`,
      events: (count) => `${count} 個事件`,
      requests: (count) => `${count} 個請求`,
      scrapes: (count) => `${count} 份原始資料`,
      series: (count) => `${count} 個序列`,
    },
    kinds: {
      samples: "樣本",
      chunks: "序列片段",
      blocks: "樣本區塊",
      ticks: "讀取",
      events: "事件",
      requests: "請求",
      scrapes: "原始資料",
      series: "序列",
    },
    uncounted: (kinds) => `以下項目可能遺失更多，數量不明，因為其結尾無法讀取：${kinds.join("、")}`,
  },
  needsYes: (address) => `無法對 ${address} 施加負載：它不是這台機器，確定要送出請加上 --yes`,
  cannotLoad: (address, cause) => `無法對 ${address} 施加負載：${cause}`,
};
