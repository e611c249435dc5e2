/** Traditional Chinese words for incidents. @module */
import type { IncidentTexts } from "./incidents.ts";

/** @see IncidentTexts */
export const INCIDENTS_ZH_TW: IncidentTexts = {
  "arrival-surge": {
    title: "使用者變多",
    cause: "請求到達的頻率變成原來的數倍。",
    notice: "批次先變大，token 間延遲隨之上升；過一段時間才開始排隊，接著 TTFT 上升。",
    tell: "到達率上升，完成率卻持平；KV 快取使用率並未到達上限。",
  },
  "batch-limit": {
    title: "批次上限太小",
    cause: "max_num_seqs 小於同時使用的人數。",
    notice: "請求開始等待，TTFT 增加的正是排隊的時間；token 間延遲不變。",
    tell: "執行中的請求數固定在某個整數，KV 快取使用率卻很低。",
  },
  "kv-exhausted": {
    title: "KV 快取用盡",
    cause: "回答變長許多倍，把快取填滿。",
    notice: "KV 快取使用率停在 100%，請求被搶占後重新計算，等待的請求越來越多。",
    tell: "出現搶占；執行中的請求減少，等待中的請求增加。",
  },
  "huge-prompts": {
    title: "少數超長提示",
    cause: "偶爾有人送出接近模型長度上限的提示。",
    notice: "token 間延遲的 p99 突然升高，p50 幾乎不變；排在後面的請求 TTFT 變長。",
    tell: "提示長度最大的幾個分桶開始有計數。",
  },
  "cold-cache": {
    title: "前綴快取失效",
    cause: "提示的開頭不再相同，或快取被清空。",
    notice: "命中率在一次抓取之內降到零；要計算的提示 token 變多，TTFT 與批次都變大。",
    tell: "到達率與查詢的 token 數都沒有改變。",
  },
  "front-end-starved": {
    title: "前端缺乏 CPU",
    cause: "API 伺服器分不到 CPU，請求較晚才到達引擎。",
    notice: "TTFT 增加一段固定的時間；佇列時間、預填充與 token 間延遲都不變。",
    tell: "端到端時間減去排隊與推論時間後的差距變大，抓取也變慢。",
  },
  "slow-network": {
    title: "網路緩慢",
    cause: "伺服器送出的內容較晚到達用戶端，而且一批一批地到。",
    notice: "用戶端量到較長的 TTFT 與忽快忽慢的間隔；伺服器自己的數字不變。",
    tell: "只有用戶端看得到。",
  },
  "abort-storm": {
    title: "使用者紛紛放棄",
    cause: "大部分請求在幾個 token 之後就被用戶端中斷。",
    notice: "完成的請求變少，批次變小，token 間延遲反而變好。",
    tell: "第一個 token 數與完成數的差距變大；成功計數器看不出來。",
  },
  "crash": {
    title: "當機後重新啟動",
    cause: "伺服器的行程消失，然後重新啟動。",
    notice: "載入期間抓取被拒絕；之後所有計數器從零開始，快取也是空的。",
    tell: "啟動時間與所有建立時間都改變：不是網路的問題。",
  },
  "hang": {
    title: "引擎卡住",
    cause: "某一步永遠不會結束。",
    notice: "量表凍結、計數器持平，/health 卻仍然回報正常。",
    tell: "有執行中的請求卻沒有任何步；閒置的伺服器則沒有執行中的請求。",
  },
  "one-engine-stuck": {
    title: "兩個引擎之一卡住",
    cause: "其中一個引擎的某一步永遠不會結束，另一個照常運作。",
    notice: "大約一半的請求永遠不會完成；把引擎加總之後看不出原因。",
    tell: "比較各引擎的步數：一個為零，另一個很多。",
  },
  "gpu-throttled": {
    title: "GPU 過熱降頻",
    cause: "時脈被壓低。",
    notice: "token 間延遲上升，批次也隨之變大。",
    tell: "延遲高於這個批次大小應有的值；GPU 說明了原因，而且時脈偏低。",
  },
  "gpu-lost": {
    title: "GPU 掉線",
    cause: "GPU 從匯流排上消失（XID 79），引擎終止。",
    notice: "串流沒有結束原因就中止，新請求得到 500，/health 得到 503，最後伺服器消失。",
    tell: "讀數裡少了那一張 GPU。",
  },
  "noisy-neighbour": {
    title: "CPU 上的吵鬧鄰居",
    cause: "其他程式占用了負責派送 GPU 工作的 CPU。",
    notice: "批次大小相同，token 間延遲卻上升，步數變少。",
    tell: "功率與 GPU 使用率下降；GPU 降頻時則不會如此。",
  },
  "upgrade": {
    title: "換了版本",
    cause: "伺服器換成另一個版本或另一個模型。",
    notice: "原有的序列結束，新的序列開始；有些數值換了名稱。",
    tell: "/version 與 /v1/models 的回答不同。",
  },
  "admission-limit": {
    title: "請求被拒於門外",
    cause: "排隊請求數到達上限。",
    notice: "請求被以 503 拒絕；獲准進入的請求 TTFT 依然良好。",
    tell: "拒絕計數器上升，卻沒有請求在等待。",
  },
  "memory-taken": {
    title: "記憶體被別人占用",
    cause: "伺服器啟動時，另一個程式占著 GPU 記憶體。",
    notice: "重新啟動之後 KV 區塊變少，更早被填滿。",
    tell: "num_gpu_blocks 變小，GPU 記憶體裡有別的程式。",
  },
};
