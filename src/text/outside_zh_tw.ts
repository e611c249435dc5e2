import type { OutsideText } from "./outside.ts";

/** Traditional Chinese. */
export const OUTSIDE_ZH_TW: OutsideText = {
  title: "引擎之外",
  titleOf: (window) => `引擎之外：使用者平均減伺服器平均，最近 ${window}`,
  parts: "同一批請求的用戶端平均減伺服器平均：網路、引擎開始計時之前的 HTTP 前端、寫出回應",
  unread: (cause) => `無法讀取 /metrics：${cause}`,
  withinError: (figure) => `${figure}，在兩個時鐘的誤差之內`,
  byClient: (upTo) =>
    upTo === undefined ? "其中一部分可能是用戶端造成的" : `其中最多 ${upTo} 可能是用戶端造成的`,
  allByClient: (upTo) => `可能全是用戶端自身的延遲，最多 ${upTo}（p99）`,
  means: (client, server, count) => `${client} − ${server}，共 ${count} 個請求`,
};
