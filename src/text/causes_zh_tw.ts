/** 原因的中文句子（臺灣用語）。 @module */
import type { CauseSentences } from "./causes.ts";

const WHERE = ["address", "url", "target"];
const WHAT = ["quantity", "name", "metric"];

/** @see CauseSentences */
export const CAUSES_ZH_TW: CauseSentences = {
  connection_refused: (p) => `連線被拒絕${p.around("（", WHERE, "）")}：沒有程式在該處監聽`,
  connection_failed: (p) => `連線失敗${p.around("（", WHERE, "）")}${p.around("：", "detail")}`,
  no_tls: (p) => `伺服器${p.around("（", WHERE, "）")}不使用 TLS；其位址應以 http:// 開頭`,
  tls_wanted: (p) => `伺服器${p.around("（", WHERE, "）")}使用 TLS；其位址應以 https:// 開頭`,
  tls_failed: (p) => `無法建立加密連線${p.around("（", WHERE, "）")}${p.around("（", "alert", "）")}`,
  untrusted_certificate: (p) =>
    `憑證${
      p.around("（", WHERE, "）")
    }不是由此處信任的單位簽發；可用環境變數 DENO_CERT=檔案 指定要信任的憑證（load：--ca 檔案）`,
  certificate_out_of_date: (p) =>
    `憑證${p.around("（", WHERE, "）")}已過期或尚未生效；請更新憑證，或校正時鐘`,
  certificate_other_name: (p) =>
    `憑證${p.around("（", WHERE, "）")}屬於其他名稱${p.around("：", "names")}；位址須使用憑證上的名稱`,
  certificate_of_authority: (p) =>
    `憑證${
      p.around("（", WHERE, "）")
    }屬於憑證機構（CA:TRUE），伺服器不能出示；請以 openssl req -x509 … -addext basicConstraints=critical,CA:FALSE 製作`,
  port_blocked: (p) => `HTTP 用戶端不會連到連接埠 ${p("port", "")}；請讓伺服器使用其他連接埠`,
  name_not_resolved: (p) => `找不到這個名稱的主機${p.around("：", WHERE)}；請檢查拼字`,
  host_unreachable: (p) => `無法連到該主機${p.around("：", WHERE)}`,
  answer_cut_short: (p) => `連線${p.around("（", WHERE, "）")}在回應完整之前中斷`,
  not_http: (p) => `該處${p.around("（", WHERE, "）")}的程式沒有正確使用 HTTP`,
  bad_compression: (p) =>
    p.around("回應以 ", "encoding", " 壓縮，只接受 gzip、br 或不壓縮") || "壓縮的回應已損壞或不完整",
  too_many_redirects: (p) => `伺服器不斷轉址${p.around("（超過 ", "redirects", " 次）")}`,
  redirect_not_http: (p) => `伺服器轉址到 HTTP 無法到達之處${p.around("（", "scheme", "）")}`,
  key_wanted: (p) =>
    `伺服器要求金鑰（狀態碼 ${p("status", "401")}）：請設定環境變數 LAB_API_KEY；其值不會顯示${
      p.around("；伺服器轉址到 ", "location", "，該處不會收到金鑰")
    }`,
  key_refused: (p) =>
    `伺服器拒絕所送的金鑰（狀態碼 ${
      p("status", "401")
    }）：請檢查環境變數 LAB_API_KEY，或網址中 @ 之前的帳號密碼；兩者都不會顯示`,
  timeout: (p) =>
    `${p.around("", ["timeoutSeconds", "seconds"], " 秒") || "時限"}內沒有回應${
      p.around("；當時本機自己停頓了 ", "stoodStillSeconds", " 秒")
    }`,
  http_status: (p) => `伺服器回應的狀態碼是 ${p("status", "非 200")}${p.around("，並轉址到 ", "location")}`,
  not_metrics: (p) => `回應不是指標文字${p.around("，而是 ", ["contentType", "kind"])}`,
  no_metrics_endpoint: (p) => `找不到 /metrics${p.around("（", WHERE, "）")}`,
  not_openai_api: (p) => `沒有相容 OpenAI 的 API 回應${p.around("（", WHERE, "）")}`,
  no_models: (p) => `伺服器沒有提供任何模型${p.around("（", WHERE, "）")}`,
  too_many_samples: (p) =>
    `回應含 ${p("samples", "過多")} 個樣本${p.around("，最多讀取 ", "maxSamples", " 個")}`,
  too_many_series: (p) =>
    `這個目標自開始以來產生了 ${p("series", "過多")} 個序列${
      p.around("，最多保留 ", "maxSeries", " 個")
    }：有標籤在每次擷取時都不同；不再讀取`,
  body_too_large: (p) => `回應超過 ${p.bytes("maxBytes", "容許的大小")}`,
  unparsable_lines: (p) =>
    `有 ${p("count", "若干")} 行無法解析${p.around("，第一個是第 ", "firstLine", " 行")}`,
  cause_not_kept: () => "失敗；Prometheus 伺服器不保存原因",
  sampler_error: (p) => `讀取失敗${p.around("：", ["detail", "message", "error"])}`,
  cancelled: () => "在完成前已停止",
  simulated_server_stopped: () => "模擬伺服器已停止",

  gpu_library_not_found: (p) => `沒有 GPU：找不到 ${p(["library", "path"], "NVIDIA 程式庫")}`,
  gpu_driver_not_loaded: () => "沒有 GPU：NVIDIA 驅動程式未載入",
  gpu_no_permission: (p) => `沒有讀取 GPU${p.around(" ", "gpu")} 的權限`,
  gpu_none: () => "這台機器沒有 GPU",
  gpu_not_supported: (p) => `這個 GPU 不支援${p.around("：", ["field", "name", "quantity"])}`,
  gpu_lost: (p) => `GPU${p.around(" ", "gpu")} 已從匯流排上消失`,
  gpu_not_sampled: () => "此處沒有監控 GPU",

  not_on_this_platform: (p) => `${p(["platform", "os"], "這個平台")}上無法取得`,
  no_permission: (p) => `沒有讀取 ${p(["path", "file"], "它")} 的權限`,
  file_not_readable: (p) => `無法讀取 ${p(["path", "file"], "檔案")}${p.around("：", ["detail", "error"])}`,

  recording_failed: (p) => `無法寫入 ${p(["path", "file"], "錄製檔")}${p.around("：", ["error"])}`,

  recording_removed: (p) => `${p(["path", "file"], "錄製檔")} 在寫入時被移除；結束時會重新寫入`,

  host_not_sampled: () => "此處沒有監控這台機器",

  sides_differ: (p) =>
    `${
      p.around("用戶端看到 ", "clients", p.around(" 個，伺服器計數 ", "server", " 個")) ||
      "用戶端與伺服器計到的請求不同"
    }（可能有其他使用者、請求被中斷、讀取失敗或伺服器重新啟動）`,
  several_answers: (p) =>
    `有請求一次要求多個回答：伺服器逐個計數${p.around("（", "server", "）")}，用戶端以請求計${
      p.around("（", "clients", "）")
    }`,
  client_shorter: (p) => `用戶端的平均比伺服器的短${p.around(" ", "by")}（時鐘被調整過，或不是同一批請求）`,
  latency_unexplained: (p) =>
    `${
      p.around("需求相同，token 卻出得比平常慢：ITL 最久 ", "itl") ||
      p.around("請求在開始執行前等了 ", "queue", p.around("（TTFT 共 ", "ttft", "）")) ||
      `第一個 token 遠比平常慢${p.around("：最久 ", "ttft")}`
    }${p.around("，平常 ", "usual")}，但沒有規則能指出原因`,
  ends_otherwise: (p) =>
    `最後 ${p("duration", "幾秒")} 與先前不同${
      p.around("：", "waiting", " 個請求在等待") ||
      p.around("：", "still", " 個請求在執行，卻沒有 token 出來") ||
      p.around("：ITL ", "itl") || p.around("：TTFT ", "ttft")
    }${p.around("，平常 ", "usual")}，時間太短，無法說明原因`,
  price_not_given: () => "未提供每 GPU 小時的價格（--gpu-hour-price）",
  gpu_count_not_given: () => "沒有取樣到 GPU，也未提供 GPU 數量（--gpus）",
  server_not_sampled: () => "此處沒有監控任何伺服器",
  quantity_unknown: (p) => `本實驗室不認得這個量${p.around("：", WHAT)}`,
  quantity_not_exposed: (p) => `這個伺服器沒有提供 ${p(WHAT, "這個量")}`,
  quantity_hidden_in_version: (p) =>
    `${p(WHAT, "這個量")} 在此版本${p.around("（", "version", "）")}中被隱藏${
      p.around("；可用 ", "option", " 顯示")
    }`,
  quantity_added_later: (p) =>
    `${p(WHAT, "這個量")} 從 ${p(["since", "addedIn"], "較新的版本")} 起才有${
      p.around("，目前是 ", "version")
    }`,
  quantity_removed: (p) =>
    `${p(WHAT, "這個量")} 已${p.around("在 ", ["removedIn", "since"], " ")}${
      p.around("在 ", "lastSeenIn", " 之後")
    }移除${p.around("，目前是 ", "version")}`,
  quantity_needs_option: (p) => `伺服器要以 ${p("option", "特定選項")} 執行才會有 ${p(WHAT, "這個量")}`,

  no_data: (p) => `這段時間沒有${p.around(" ", WHAT, " 的")}資料`,
  not_enough_points: (p) =>
    `資料點太少${p.around("：", ["count", "points"])}${
      p.around("，至少需要 ", ["needed", "minimum", "wanted"], " 個")
    }`,
  no_requests_in_window: () => "這段時間沒有完成的請求",
  no_first_tokens_in_window: () => "這段時間沒有請求得到第一個 token",
  no_tokens_in_window: () => "這段時間沒有產生任何 token",
  window_not_covered: (p) =>
    `歷史資料還不夠${p.around("：", ["coveredSeconds", "covered"], " 秒")}${
      p.around("/", ["windowSeconds", "rangeSeconds"], " 秒")
    }`,
  constant_series: (p) => `數值從未改變${p.around("（", "value", "）")}`,
  different_buckets: () => "直方圖的分桶不同，不能相加",
  reset_in_window: () => "伺服器在這段時間內重新啟動過",
  not_read_throughout: (p) =>
    `伺服器並非全程都讀取得到${p.around("：", "coveredSeconds", " 秒")}${
      p.around("/", "windowSeconds", " 秒")
    }`,
  sequence_limit_unknown: () => "伺服器沒有提供同時執行數上限（--max-num-seqs），也觀察不到",
  nothing_waited: (p) => `請求從未持續等待${p.around(" ", "seconds", " 秒")}，因此沒有看到伺服器滿載`,
  served_more_without_waiting: () => "無人等待時完成的反而比有人等待時多：它們等待的不是這個速率",
};
