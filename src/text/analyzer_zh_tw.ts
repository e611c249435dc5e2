/** 診斷的中文文字（臺灣用語）。 @module */
import type { AnalyzerText, VerdictNumber } from "./analyzer.ts";
import { clause, newLife } from "./clause.ts";

/** Of the time of a calm verdict, what nobody watched. */
const notWatched = (n: VerdictNumber) =>
  clause(n, ["gap_duration"], () => `；其中 ${n("gap_duration")} 沒有監看`);

/** @see AnalyzerText */
export const ANALYZER_ZH_TW: AnalyzerText = {
  titles: {
    data_stale: "資料已過時",
    server_restarted: "伺服器重新啟動",
    scrapes_failing: "抓取失敗",
    engine_hung: "引擎停住",
    engines_unbalanced: "引擎負載不均",
    client_saturated: "瓶頸在負載產生器",
    requests_failing: "請求失敗",
    requests_rejected: "請求被拒絕",
    hidden_aborts: "用戶端中途放棄",
    kv_bound: "KV 快取已滿",
    preemption_thrash: "搶占頻繁",
    sequence_limit: "同時執行數上限",
    prefix_cache_cold: "前綴快取未命中",
    gpu_throttled: "GPU 降頻",
    gpu_memory_taken: "GPU 記憶體被其他程式占用",
    kv_cache_shrunk: "KV 快取比重新啟動前小",
    engine_slow: "步驟變慢",
    long_prompts: "長提示拖住其他請求",
    front_end_bound: "前端變慢",
    overload: "超載",
    prefill_bound: "瓶頸在預填充",
    client_sees_more: "時間花在伺服器之外",
    speculation_not_paying: "推測解碼不划算",
    waiting_unexplained: "請求等待，原因不明",
    concurrency_limited: "受限於用戶端並行數",
    decode_bandwidth_bound: "解碼受限於 GPU 記憶體頻寬",
    under_used: "尚有餘裕",
    idle: "閒置",
    healthy: "正常",
    cannot_tell: "無法判斷",
  },
  verdicts: {
    data_stale: (n) =>
      n("ended") === "yes"
        ? `最後 ${n("last_sample_age")} 已不在抓取目標之列（Pod 已結束？）：以下描述的是在此之前的情形。`
        : `已有 ${n("last_sample_age")} 沒有新樣本：以下描述的是過去。`,
    server_restarted: (n) =>
      `伺服器重新開始${newLife(n, "zh-TW")}：${n("counters_reset")} 個序列在中斷 ${
        n("gap_duration")
      } 後重新計數${clause(n, ["missing"], () => `（${n("missing")}）`)}。`,
    scrapes_failing: (n) => {
      const cause = clause(n, ["missing"], () => `（${n("missing")}）`);
      if (n("gone") === "yes") return `伺服器已經不在：${n("gap_duration")} 沒有回應${cause}。`;
      return n("failed_scrapes") === "1"
        ? `一次抓取失敗${cause}；那一刻的狀況不明。`
        : `${n("gap_duration")} 內有 ${n("failed_scrapes")} 次抓取失敗${cause}；這段時間的狀況不明。`;
    },
    engine_hung: (n) =>
      `至少有 ${
        n("running") === "0" ? `${n("waiting")} 個請求在等待` : `${n("running")} 個請求在執行`
      }，引擎卻沒有任何步驟。`,
    engines_unbalanced: (n) =>
      `引擎 ${n("busy_engine")} 有 ${n("busy_waiting")} 個請求等待，引擎 ${n("free_engine")} 只有 ${
        n("free_waiting")
      } 個。`,
    client_saturated: (n) =>
      `產生負載的機器跟不上：${n("client_limited_share")} 的請求晚了超過 7 ms（p99）才讀取，` +
      `或晚了超過 5 ms 才送出（全部的 p99：${n("client_late_p99")}）。量到的延遲有一部分是它自己的。`,
    requests_failing: (n) =>
      `${n("failed_requests")} 個請求失敗，占已結束請求的 ${n("failed_share")}${
        n("side") === "client"
          ? "；幾乎全以 HTTP 4xx 回應：請求本身有誤，引擎並未收到"
          : n("side") === "timeout"
          ? "；幾乎全是逾時：用戶端不再等待"
          : ""
      }。`,
    requests_rejected: (n) => `伺服器因准入上限拒絕了 ${n("rejections")} 個請求。`,
    hidden_aborts: (n) =>
      `${n("cut_share")} 的請求在第一個 token 之後被中斷（${n("cut_requests")} 個）；成功計數看不出來。`,
    kv_bound: (n) =>
      `瓶頸是 KV 快取：已用 ${n("kv_cache_usage_max")}，${n("waiting_median")} 個請求等待（中位數），最多 ${
        n("running_max")
      } 個執行中。`,
    preemption_thrash: (n) =>
      `${n("preemptions")} 次搶占讓做過的工作作廢${
        clause(n, ["kv_cache_usage_max"], () => `（KV 快取使用率最高 ${n("kv_cache_usage_max")}）`)
      }。`,
    sequence_limit: (n) =>
      `瓶頸是同時執行數：執行數停在 ${n("limit")}，${n("waiting_median")} 個等待（中位數），KV 快取只用了 ${
        n("kv_cache_usage_mean")
      }${
        clause(n, ["queue_time_mean", "ttft_mean"], () =>
          `；TTFT ${n("ttft_mean")} 中佇列占 ${n("queue_time_mean")}`)
      }。`,
    prefix_cache_cold: (n) =>
      `前綴快取只找到 ${n("prefix_hit_share")} 的提示 token，平常是 ${n("usual")}；其餘都要重算。`,
    gpu_throttled: (n) =>
      `GPU 時脈被壓低（${n("reason")}${
        clause(n, ["gpu_throttled_share"], () => `，占 ${n("gpu_throttled_share")} 的時間`)
      }）${clause(n, ["gpu_sm_clock_mean"], () => `：${n("gpu_sm_clock_mean")}`)}${
        clause(n, ["clockShare"], () => `，為平常的 ${n("clockShare")}`)
      }；ITL 為 ${n("itl_mean")}。`,
    gpu_memory_taken: (n) =>
      `其他程式占用了 ${n("grownBytes")} 的 GPU 記憶體：目前已用 ${n("gpu_memory_used_mean")}，共 ${
        n("gpu_memory_total")
      }。伺服器保有原本的份量，但可能無法再次啟動。`,
    kv_cache_shrunk: (n) => `KV 快取比重新啟動前小：${n("kv_cache_tokens")}，為先前的 ${n("left")}。`,
    engine_slow: (n) =>
      `步驟花的時間是其工作量所能解釋的 ${n("slow_factor")}；批次 ${n("batch_mean")} 時 ITL 為 ${
        n("itl_mean")
      }。${n("cause")}`,
    long_prompts: (n) => `長提示拖住其他請求：ITL 的 p99 為 ${n("itl_p99")}，中位數仍是 ${n("itl_p50")}。`,
    front_end_bound: (n) =>
      `每個請求有 ${n("outside_engine_mean")} 花在引擎之外${
        clause(n, ["ttft_mean"], () => `，TTFT 為 ${n("ttft_mean")}`)
      }。`,
    overload: (n) =>
      `進來的比出去的多：到達 ${n("arrival_rate")}，完成 ${n("finish_rate")}，平均 ${
        n("waiting_mean")
      } 個等待${clause(n, ["waiting_max"], () => `，最多 ${n("waiting_max")} 個`)}。`,
    prefill_bound: (n) =>
      `瓶頸是計算提示：${
        clause(n, ["computed_prompt_rate", "prefill_share"], () =>
          `${n("computed_prompt_rate")} 的提示占了步驟時間的 ${n("prefill_share")}；`)
      }${n("waiting_median")} 個請求等待（中位數），TTFT 為 ${n("ttft_mean")}。`,
    client_sees_more: (n) =>
      `用戶端等第一個 token 比伺服器量到的多 ${n("client_gap")}（${n("client_ttft_mean")} 對 ${
        n("ttft_mean")
      }）。`,
    speculation_not_paying: (n) =>
      `草稿 token 只有 ${n("accepted_share")} 被接受，每個請求每步驟 ${n("accepted_length")} 個 token。`,
    waiting_unexplained: (n) =>
      `請求在等待（中位數 ${n("waiting_median")}${
        clause(n, ["queue_time_mean"], () => `，佇列時間 ${n("queue_time_mean")}`)
      }），但量到的數字都無法說明原因。`,
    concurrency_limited: (n) =>
      `瓶頸在用戶端：一直剛好有 ${n("clients")} 個請求在執行且無人等待，如同每個用戶端等回答結束才送下一個。`,
    decode_bandwidth_bound: (n) =>
      `限制解碼的是 GPU 記憶體頻寬而非運算：步驟時間有 ${n("fixed_share")} 與批次無關（目前 ${
        n("batch_mean")
      }），GPU 忙碌 ${n("gpu_utilization_mean")}。同時多跑幾個請求幾乎不增加時間。`,
    under_used: (n) => `可同時執行 ${n("limit")} 個請求，最多只用了 ${n("running_max")} 個，且無人等待。`,
    idle: (n) => `伺服器沒有工作：沒有請求在執行${notWatched(n)}。`,
    healthy: (n) =>
      `${n("windows")} 個時間窗內都沒有問題：TTFT ${n("ttft_mean")}，ITL ${n("itl_mean")}，KV 快取最高 ${
        n("kv_cache_usage_max")
      }${notWatched(n)}。`,
    cannot_tell: (n) => `無法下結論：${n("missing")}。`,
  },
  evidence: {
    running_max: "執行中的請求，最大",
    running_mean: "執行中的請求，平均",
    running_min: "執行中的請求，最小",
    waiting_max: "等待中的請求，最大",
    waiting_mean: "等待中的請求，平均",
    waiting_median: "等待中的請求，中位數",
    waiting_growth: "等待中的請求，變化",
    kv_cache_usage_max: "KV 快取使用率，最大",
    kv_cache_usage_mean: "KV 快取使用率，平均",
    preemptions: "搶占次數",
    preemptions_per_request: "每個請求的搶占次數",
    queue_time_mean: "佇列時間，平均",
    ttft_mean: "TTFT，平均",
    ttft_p99: "TTFT，p99",
    itl_mean: "ITL，平均",
    itl_p50: "ITL，中位數",
    itl_p99: "ITL，p99",
    itl_p999: "ITL，p99.9",
    e2e_mean: "端到端延遲，平均",
    outside_engine_mean: "引擎之外的時間，平均",
    arrival_rate: "到達率",
    finish_rate: "完成率",
    generation_rate: "生成 token",
    computed_prompt_rate: "實際計算的提示 token",
    computed_tokens_per_request: "每個請求實際計算的提示 token",
    steps: "引擎步驟數",
    step_time: "步驟時間",
    batch_mean: "批次（每步驟的請求數）",
    tokens_per_step: "每步驟的 token 數",
    step_tokens_median: "步驟的 token 數，中位數",
    step_tokens_top: "最滿步驟的 token 數（分桶）",
    prefill_share: "提示占步驟時間的比例（模型）",
    fixed_share: "步驟中與批次無關的比例（模型）",
    running_low: "執行中的請求，最低五分之一",
    slow_factor: "步驟時間與其工作量所需之比",
    prefix_hit_share: "在前綴快取中找到的提示 token",
    cached_tokens_per_request: "每個請求的快取提示 token",
    prompt_length_median: "提示長度，中位數",
    longest_prompt_bucket: "最長的提示（分桶）",
    rejections: "被拒絕的請求",
    failed_requests: "失敗的請求",
    failed_share: "失敗比例",
    cut_requests: "第一個 token 後被中斷的請求",
    cut_share: "被中斷的比例",
    client_ttft_mean: "用戶端看到的 TTFT，平均",
    client_gap: "用戶端 TTFT 減伺服器 TTFT",
    client_late_p99: "送出延遲，p99",
    client_limited_share: "受用戶端限制的請求",
    failed_scrapes: "失敗的抓取",
    gap_duration: "沒有資料的時間",
    last_sample_age: "距最後一個樣本",
    counters_reset: "重新計數的序列",
    gpu_power_mean: "GPU 功率，平均",
    gpu_utilization_mean: "GPU 使用率，平均",
    gpu_sm_clock_mean: "GPU 時脈（SM），平均",
    gpu_throttled_share: "GPU 時脈被壓低的樣本",
    gpu_power_limit: "GPU 功率上限",
    gpu_memory_used_mean: "GPU 記憶體使用量",
    gpu_memory_total: "GPU 記憶體容量",
    gpu_dram_active_mean: "GPU 記憶體頻寬使用率，平均",
    kv_cache_tokens: "KV 快取容量",
    accepted_share: "草稿 token 的接受比例",
    accepted_length: "每個請求每步驟的 token 數",
  },
  falsifiers: {
    series_move_again: "接下來的抓取中序列又開始變動",
    two_servers_behind_one_address: "同一位址輪流由兩台伺服器回應",
    network_between_only: "只有這裡到伺服器的路徑中斷，其他人仍連得上",
    engine_asleep_or_paused: "引擎是被刻意休眠或暫停",
    one_long_request: "當時正在執行單一極大的預填充步驟",
    client_errors_only: "失敗出自用戶端本身（模型名稱錯誤、提示過長）",
    probes_counted: "計入的是探測請求而非使用者",
    requests_still_running: "少掉的請求其實還在執行",
    kv_free_while_waiting: "KV 快取半空時請求也等一樣久",
    few_preemptions_of_a_ramp: "升載結束後搶占就停止",
    itl_rises_with_limit: "提高上限後 ITL 超出目標",
    kv_full: "請求等待時 KV 快取使用率超過 90%",
    workload_changed: "新的工作負載的提示沒有共同前綴",
    clock_and_power_normal: "時脈、功率與降頻原因都和平常一樣",
    batch_or_prefill_grew: "批次、上下文或預填充以步驟模型不知道的方式增加",
    no_long_prompt: "該時間窗內沒有特別長的提示",
    prompts_unchanged: "提示的長度與快取命中和先前一樣",
    decode_takes_the_time: "提示很短時 TTFT 也一樣高",
    memory_is_the_servers_own: "記憶體屬於伺服器自己的行程（休眠模式、轉接器）",
    fewer_blocks_on_purpose: "伺服器是以不同選項或不同模型啟動的",
    requests_wait: "請求在引擎之前的某處等待",
    rate_of_arrivals_fixed: "用戶端依排程送出，不管回答如何",
    itl_grows_with_batch: "ITL 隨批次等比例增加",
    network_adds_it: "時間是在用戶端與伺服器之間增加的",
    arrivals_unchanged: "到達率和先前一樣",
    slow_engine: "同樣工作量的步驟比先前慢",
    client_starved: "用戶端的機器缺 CPU",
    server_ttft_grew_too: "伺服器的 TTFT 也增加了一樣多",
    greedy_against_sampled: "取樣方式或提示改變了",
    peaks_inside_window: "短於時間窗的尖峰已達上限",
    objective_missed: "這段時間沒有達到使用者的目標",
    source_incomplete: "資料來源沒有伺服器的全部序列",
    open_loop: "這些送出時間是排程本身要求的",
  },
  advice: {
    repair_scraping: "修好抓取：沒有讀到的就無法判斷",
    see_if_it_serves: "確認伺服器是否仍在回應使用者：行程還在嗎、送一個請求會不會有回應",
    read_log_before_restart: "查看伺服器停止之前的最後幾行日誌（錯誤、記憶體不足、訊號），以及機器的日誌",
    split_window_at_restart: "把重新啟動前後的時間分開判斷",
    read_server_log: "查看伺服器當時的日誌",
    restart_engine: "先取得堆疊（py-spy），再重新啟動引擎",
    alert_on_no_steps: "對「有請求在執行卻沒有新 token」設警報",
    balance_engines: "使用知道佇列狀況的外部負載平衡器，或重新啟動停住的引擎",
    more_load_processes: "關閉產生負載的機器上其他的程式，或用更多行程、另一台機器產生負載",
    fix_client_requests: "修正送出這些請求的用戶端",
    raise_admission_limit: "提高准入上限",
    add_replicas: "增加副本",
    raise_client_timeout: "加長用戶端逾時，或縮短 TTFT",
    more_kv_memory: "給 KV 快取更多記憶體",
    smaller_kv_entries: "用較小的型別存放 KV 快取",
    shorter_context: "限制上下文長度",
    fewer_sequences: "減少同時執行的請求",
    keep_watermark: "准入前保留一些 KV 區塊",
    raise_sequence_limit: "在 ITL 允許的範圍內讓更多請求同時執行",
    stable_prompt_prefix: "保持提示開頭不變：前面不要放時間或編號",
    sticky_routing: "把相同前綴的請求導向同一台伺服器",
    enable_prefix_caching: "確認前綴快取已開啟",
    check_gpu_cooling_and_power: "檢查 GPU 的散熱與功率上限",
    check_gpu_cooling: "檢查 GPU 的散熱：氣流、風扇、室溫",
    raise_power_limit: "在散熱允許下提高 GPU 的功率上限（nvidia-smi -pl）",
    check_power_supply: "檢查電源：主機板收到降載訊號",
    separate_gpu_programs: "找出另一個程式（nvidia-smi），讓它使用自己的 GPU",
    reserve_kv_memory: "以位元組固定 KV 快取的大小",
    larger_token_budget: "讓每個步驟計算更多提示 token",
    separate_prefill: "用專用的伺服器計算提示",
    more_clients: "同時送更多請求，以得知伺服器的能力",
    larger_batch: "讓這台伺服器同時跑更多請求：ITL 幾乎不變",
    smaller_weights: "使用量化權重：每個步驟要讀的更少",
    speculate: "批次小時試試推測解碼",
    check_gpu_data: "監控 GPU（時脈、功率、降頻原因）以分辨 GPU 或主機",
    check_cpu_neighbours: "找出主機 CPU 上的其他工作",
    limit_long_prefills: "限制長預填充在一個步驟中的份量",
    smaller_token_budget: "縮小每步驟的 token 預算",
    route_long_prompts: "把長提示送到專用的伺服器",
    more_front_end_cpu: "給 API 伺服器更多 CPU 核心",
    more_api_servers: "執行更多 API 伺服器行程",
    coarser_streaming: "以較大的片段串流",
    limit_admission: "來不及服務的請求及早拒絕",
    shorter_outputs: "限制輸出長度",
    move_client: "讓用戶端更靠近、保持連線、關閉代理緩衝",
    fewer_draft_tokens: "減少草稿 token，高負載時關閉",
    consolidate: "用較少或較小的 GPU，或把更多負載移來",
    send_load: "送一些負載",
    collect_longer: "收集更久",
    collect_missing: "收集缺少的資料",
  },
  next: {
    watch_scrapes: "觀察抓取的成功與耗時",
    steps_and_log: "引擎每秒步驟數與其日誌",
    rejections_after_change: "相同需求下，變更後的拒絕數",
    errors_by_status: "依 HTTP 狀態與用戶端區分的失敗",
    preemptions_after_change: "變更後的搶占與等待",
    itl_p99_at_higher_limit: "提高上限後的 ITL p99",
    hit_share_after_change: "變更後找到的提示 token 比例",
    gpu_clock_and_power: "以 1 Hz 量 GPU 的時脈、功率與降頻原因",
    itl_p99_without_long_prompts: "沒有長提示時的 ITL p99",
    ttft_at_shorter_prompts: "相同到達率、較短或已快取提示時的 TTFT",
    gpu_memory_by_process: "各行程的 GPU 記憶體",
    rate_at_more_clients: "並行數加倍時的每秒 token 數",
    itl_by_batch: "批次減半與加倍時的 ITL",
    outside_engine_after_change: "變更後引擎之外的時間",
    capacity_by_ramp: "緩慢提高到達率以量出容量",
    client_from_other_machine: "從另一台機器送同樣的負載",
    waiting_per_engine: "各引擎的等待請求",
    longer_run: "更長的一次執行",
    speculation_off: "關閉推測解碼時的每秒 token 數",
  },
  throttleReasons: {
    sw_power_cap: "功率上限",
    hw_slowdown: "硬體降速",
    sw_thermal_slowdown: "過熱：驅動程式降速",
    hw_thermal_slowdown: "過熱：硬體降速",
    hw_power_brake_slowdown: "外部電源煞車",
    unknown: "GPU 未告知原因",
  },
  slowCauses: {
    host: "時間花在主機上：GPU 在等。",
    unknown: "GPU 的數字看不出原因。",
    not_measured: "沒有 GPU 的數字，無法分辨是 GPU 或主機。",
  },
  at: (where, sentence) => `${where}：${sentence}`,
  since: (start) => `${start} 起：`,
  orLater: (start, within) => `${start}（或其後 ${within} 內）`,
  lastWindowOnly: "只有最後一次觀察看到：可能才剛開始。",
  pending: "還在等待的請求尚無佇列時間：結束時才會記錄。",
  doubts: {
    cache_full: "結束時 KV 快取已滿：之後的請求可能要等待。",
    waited_once: "其中有一小段時間請求在等待，時間太短，無法說明原因。",
    busier_at_end: "結束時到達或執行的請求比平常多：會帶來什麼還看不出來。",
    later_at_end: "結束時第一個 token 比平常晚：還太早，無法說明原因。",
    figures_missing: "使用者感受的數字並不齊全：缺少的部分可能藏有問題。",
    nothing_before: "對這段時間之前一無所知，或所知太少：一直都慢、一直都未命中快取的情況，看起來會像平常。",
  },
  looksLike: (title) => `看來像是：${title}。`,
  between: (start, end) => `${start} 至 ${end}：`,
  tryFirst: (advice, option) => option === "" ? `建議：${advice}。` : `建議 ${option}：${advice}。`,
  severities: { critical: "嚴重", warning: "警告", info: "備註" },
  confidences: { high: "信心高", medium: "信心中等", low: "信心低" },
  units: {
    seconds: "",
    bytes: "",
    ratio: "",
    share: "",
    tokens: "",
    requests: "",
    count: "",
    joules: "",
    watts: "",
    celsius: "",
    hertz: "",
    flops: "",
    unix_seconds: "",
    requests_per_second: "req/s",
    tokens_per_second: "tok/s",
    steps_per_second: "步驟/s",
    tokens_per_step: "個 token",
    factor: "×",
  },
};
