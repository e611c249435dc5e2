/** Traditional Chinese sentences about known faults of figures. @module */
import type { BiasSentences } from "./biases.ts";

/** @see BiasSentences */
export const BIASES_ZH_TW: BiasSentences = {
  recounted_after_preemption: "舊引擎（V0）在每次搶占後會把同一請求再算一次",
  queries_recounted_while_waiting:
    "等待 KV 區塊的請求每次嘗試都會再計一次查詢與命中，資源吃緊時這個比率參考價值不大",
  zero_on_v0_cpu: "此版本的舊引擎（V0）在 CPU 上始終顯示 0",
  rests_at_one_block: "閒置時停在一個區塊，而不是 0",
  cached_blocks_count_as_free: "只被前綴快取占用的區塊算作空閒，因此快取雖滿，閒置的伺服器仍顯示 0",
  one_series_per_pid: "有多個 API 伺服器時每個行程各有一條序列，多數為 0",
  minus_one_means_off: "-1 表示前綴快取已關閉",
  aborts_uncounted: "被用戶端中斷的請求不計入這些數字",
  aborts_counted: "在第一個 token 之後被中斷的請求計入此處，但不計入已完成的請求",
  counts_each_sequence: "要求 n = 2 個回答的請求算兩次",
  one_token_requests_are_zero: "只有一個 token 的請求記為 0，會拉低平均",
  first_bucket_is_10ms: "10 毫秒以下全在同一個分桶：此範圍的分位數只是推測，平均值則是精確的",
  first_bucket_is_300ms: "300 毫秒以下全在同一個分桶：此範圍的分位數只是推測，平均值則是精確的",
  gap_between_outputs: "每次輸出記一個值，一次輸出可能含多個 token，並非每個 token 一個值",
  named_per_token: "伺服器的名稱寫的是每個 token，實際上是兩次輸出之間的間隔",
  chunked_prompt_booked_at_end: "分段計算的提示在最後一段才一次計入",
  prompt_booked_at_end: "提示在預填充結束時一次計入，因此速率呈跳躍狀",
  estimated: "由伺服器依模型結構推算，並非量測",
  zero_without_option: "若伺服器未以對應選項啟動，則一直為 0",
  api_server_only: "只屬於 API 伺服器行程，不含引擎與其工作行程",
  frontend_cannot_see_aborts: "HTTP 前端把被用戶端中斷的請求算作已回應",
  only_the_sum: "伺服器只保留累計總和：有平均值，沒有分布",
  blank_values: "匯出程式在沒有數值時寫入 2^47 以上的數",
  lifetime_mean: "自伺服器啟動以來的平均，無法說明這段時間",
  per_iteration: "屬於每一步的整批，不屬於單一請求",
};
