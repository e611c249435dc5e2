/** 執行比較的中文文字（臺灣用語）。 @module */
import type { ComparisonText } from "./comparison.ts";

/** @see ComparisonText */
export const COMPARISON_ZH_TW: ComparisonText = {
  title: "執行比較",
  verdicts: {
    pass: (threshold) => `通過：沒有任何一項變差達 ${threshold}。`,
    inconclusive: (threshold) => `無法定論：區間太寬，看不出是否變差達 ${threshold}。請交替重複執行。`,
  },
  notComparable: (conditions) =>
    `不可比較：兩邊除了要比較的以外還有其他不同（${
      conditions.join("；")
    }）。以下各項的判定可能只是由此而來。`,
  passBut: (threshold, figures) =>
    `通過：就能判斷的項目而言，沒有任何一項變差達 ${threshold}。無法判斷的有：${figures.join("；")}。`,
  fails: {
    measured: (threshold, figures) =>
      `不通過：確定變差，且測得變差超過 ${threshold}：${figures.join("；")}。`,
    surely: (threshold, figures) => `不通過：確定變差超過 ${threshold}：${figures.join("；")}。`,
    gross: (_threshold, figures) =>
      `不通過：變差的幅度遠超過偶然：${figures.join("；")}。確切幅度需要每邊更多次執行。`,
  },
  short: { pass: "通過", fail: "不通過", inconclusive: "未定" },
  figures: {
    ttft_mean: "TTFT，平均",
    ttft_p50: "TTFT，中位數",
    ttft_p99: "TTFT，p99",
    itl_mean: "ITL，平均",
    itl_p99: "ITL，p99",
    e2e_mean: "端到端延遲，平均",
    e2e_p99: "端到端延遲，p99",
    requests_per_second: "每秒請求數",
    output_tokens_per_second: "每秒輸出 token",
    failed_share: "失敗的請求",
  },
  conditions: {
    seenBy: "由誰測量",
    model: "模型",
    servers: "伺服器數",
    version: "伺服器版本",
    gpu: "GPU",
    simulated: "模擬",
    maxNumSequences: "同時執行數上限",
    users: "同時的使用者（封閉迴路）",
    requestsPerSecondSent: "每秒送出的請求",
    promptTokensMean: "提示 token，平均",
    outputTokensMean: "輸出 token，平均",
    durationSeconds: "時間長度",
  },
  same: { yes: "相同", no: "不同", unknown: "不明" },
  columns: {
    figure: "項目",
    before: "之前",
    after: "之後",
    change: "變化",
    interval: "信賴區間",
    noticed: "可察覺起點",
    verdict: "結論",
    condition: "條件",
    same: "是否相同",
  },
  conditionsHeading: "可以比較嗎？",
  noticedFrom: "可察覺起點：真正的變化達到這個幅度時，五次這樣的比較中有四次會判為不通過。",
  noticed: (first, last) =>
    first === last
      ? `這些執行能察覺的變差：${first} 以上。`
      : `這些執行能察覺的變差：最靈敏 ${first} 以上，最遲鈍 ${last} 以上。`,
  joined: (first, second) => `${first}${second}`,
  tails: (figures) =>
    `${
      figures.join("；")
    }：無法證明與之前相同，那需要多得多的請求。確定變差時仍判為不通過，但不阻擋整體通過。`,
  gross: (figures, factor) =>
    `${
      figures.join("；")
    }：沒有區間可以說明，但之後的每次執行都比之前的每次執行差，且差距之大，相同的執行彼此要相差 ${factor} 倍（一個標準差），才會在四百次中偶然出現一次。`,
  basis: {
    runs: "區間以整次執行計算（Welch t）。",
    batches: "每邊只有一次或少數幾次執行：區間以每次執行的十段計算，不含每次執行之間的差異。",
    none: "每邊只有一個數字：沒有區間。",
  },
  runs: (before, after) => `執行次數：之前 ${before}，之後 ${after}。`,
  kinds: {
    lab: "本實驗室的 load.json",
    vllm_bench: "vllm bench serve 的檔案",
    aiperf: "AIPerf 的摘要",
    aiperf_jsonl: "AIPerf 的請求清單",
    guidellm: "GuideLLM 的 benchmarks.json",
    csv: "本實驗室的 requests.csv",
    requests: "錄製中的請求",
    server: "錄製中伺服器自己的指標",
  },
  kindsDiffer: (before, after) =>
    `之前讀自${before.join("與")}，之後讀自${
      after.join("與")
    }：檔案若載有請求，數值一律以相同的公式由請求算出。`,
  missing: "以下未比較，因為並非兩邊都有：",
  notIn: (figure, kinds) => `${figure}：不在${kinds.join("與")}中`,
  seenBy: { clients: "用戶端", server: "伺服器自己" },
  unbounded: (figures, runs) =>
    `沒有區間：${figures.join("；")}。每邊只有一次執行無法判斷，請每邊提供至少 ${runs} 次執行，以逗號分隔。`,
  bounded: (figures) => `${figures.join("；")}：伺服器的分桶只說明百分位數介於何處；區間已包含其中所有可能。`,
  cut: (before, after) =>
    `執行結束時被中斷的請求：之前 ${before}，之後 ${after}。這些通常是最久的請求，其時間不在任何項目中。`,
  moreCutAfter: "之後被中斷的比之前多，因此時間項目一律不判為通過。",
  oneRun: (threshold, runs) =>
    `無法定論：每邊只有一次執行，看不出是否變差達 ${threshold}。請每邊提供至少 ${runs} 次執行，並交替進行。`,
  nothingShared: "無法定論：沒有兩邊都有的項目。",
};
