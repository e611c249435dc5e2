import type { WhatIfText } from "./what_if.ts";

/** Traditional Chinese words of what the engine model foretells. */
export const WHAT_IF_ZH_TW: WhatIfText = {
  chosen: (server, engine) => `所有伺服器之中：${server}，引擎 ${engine}`,
  load: ({ rate, prompt, shared, output }) =>
    `觀測到的負載：${rate}，提示詞 ${prompt} 個 token（其中 ${shared} 個共用），回答 ${output} 個`,
  engines: (count) => `這是全部 ${count} 個引擎合計：與 vLLM 相同，每個請求送往工作最少的引擎。`,
  between: (lower, upper) => upper === undefined ? `超過 ${lower}` : `${lower} 至 ${upper}`,
  figure: "數值",
  measured: "實測",
  asItIs: "模型，現狀",
  changed: (settings) => `模型，${settings}`,
  rows: {
    ttft: "TTFT 平均",
    ttftP99: "TTFT p99",
    itl: "ITL 平均",
    itlP99: "ITL p99",
    tokens: "每秒輸出 token",
    running: "執行中，平均",
    waiting: "等待中，平均",
    kv: "KV 快取，最高",
    preemptions: "5 分鐘內的搶占",
  },
  model:
    "最後兩欄是模型的推算：同樣的負載，當作穩定的 Poisson 到達、每個請求相同，在虛擬時間中執行。其中沒有任何實測值。",
  assumed: (settings) => `伺服器沒有透露全部設定；--what-if 未指定之處，模型採用 ${settings}。`,
  near: (error) => `以現狀而言，模型的 ITL 與輸出 token 誤差最多 ${error}：夠接近。`,
  far: (error) =>
    `以現狀而言，模型的 ITL 或輸出 token 誤差達 ${error}：它無法描述這段時間（負載有變化、時間太短、或有其他工作）。請用 --from、--to 或 --last 選一段穩定的時間；不要依最後一欄行動。`,
  overloaded: "用這些設定時，進來的比出去的多：延遲會一直增加。",
  ttftFar: (factor) =>
    `以現狀而言，模型的 TTFT 相差 ${factor} 倍：不要依最後一欄的 TTFT 與等待數行動（它們取決於請求如何到達：成批而來，或使用者等到回答才再送出）。`,
  restart: "其中 TTFT 最不確定（在模擬伺服器上，上下各差一半）。",
};
