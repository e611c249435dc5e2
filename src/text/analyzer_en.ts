/** The diagnosis in English. @module */
import type { AnalyzerText, VerdictNumber } from "./analyzer.ts";
import { clause, newLife } from "./clause.ts";
import { counted } from "./counted.ts";

/** Of the time of a calm verdict, what nobody watched. */
const notWatched = (n: VerdictNumber) =>
  clause(n, ["gap_duration"], () => `; ${n("gap_duration")} of the time were not watched`);

/** @see AnalyzerText */
export const ANALYZER_EN: AnalyzerText = {
  titles: {
    data_stale: "Data is stale",
    server_restarted: "Server restarted",
    scrapes_failing: "Scrapes fail",
    engine_hung: "Engine hangs",
    engines_unbalanced: "Engines unbalanced",
    client_saturated: "Load generator is the limit",
    requests_failing: "Requests fail",
    requests_rejected: "Requests rejected",
    hidden_aborts: "Clients give up",
    kv_bound: "KV cache full",
    preemption_thrash: "Preemptions",
    sequence_limit: "Sequence limit",
    prefix_cache_cold: "Prefix cache misses",
    gpu_throttled: "GPU throttled",
    gpu_memory_taken: "GPU memory taken by another program",
    kv_cache_shrunk: "KV cache smaller than before the restart",
    engine_slow: "Steps are slow",
    long_prompts: "Long prompts stall others",
    front_end_bound: "Front end slow",
    overload: "Overload",
    prefill_bound: "Prefill is the limit",
    client_sees_more: "Time lost outside the server",
    speculation_not_paying: "Speculation does not pay",
    waiting_unexplained: "Requests wait, cause unclear",
    concurrency_limited: "Limited by the clients' concurrency",
    decode_bandwidth_bound: "Decode limited by GPU memory bandwidth",
    under_used: "Room to spare",
    idle: "Idle",
    healthy: "Healthy",
    cannot_tell: "Cannot tell",
  },
  verdicts: {
    data_stale: (n) =>
      n("ended") === "yes"
        ? `Off the list of targets for ${n("last_sample_age")} (a pod that ended?): what follows is older.`
        : `No new sample for ${n("last_sample_age")}: what follows describes the past.`,
    server_restarted: (n) =>
      `The server began again${newLife(n, "en")}: ${n("counters_reset")} series restarted after a gap of ${
        n("gap_duration")
      }${clause(n, ["missing"], () => ` (${n("missing")})`)}.`,
    scrapes_failing: (n) => {
      const cause = clause(n, ["missing"], () => ` (${n("missing")})`);
      if (n("gone") === "yes") return `The server is gone: no answer for ${n("gap_duration")}${cause}.`;
      return n("failed_scrapes") === "1"
        ? `One scrape failed${cause}; that moment is unknown.`
        : `${n("failed_scrapes")} scrapes failed over ${n("gap_duration")}${cause}; that time is unknown.`;
    },
    engine_hung: (n) =>
      `The engine makes no step although at least ${
        n("running") === "0"
          ? counted(n("waiting"), "request waits", "requests wait")
          : counted(n("running"), "request runs", "requests run")
      }.`,
    engines_unbalanced: (n) =>
      `Engine ${n("busy_engine")} has ${counted(n("busy_waiting"), "request")} waiting while engine ${
        n("free_engine")
      } has ${n("free_waiting")}.`,
    client_saturated: (n) =>
      `The machine that makes the load cannot keep up: ${n("client_limited_share")} of its requests were ` +
      `read over 7 ms late (p99), or sent over 5 ms late (p99 of all: ${n("client_late_p99")}). ` +
      "Its latencies are partly its own.",
    requests_failing: (n) =>
      `${counted(n("failed_requests"), "request")} failed, ${n("failed_share")} of those that ended${
        n("side") === "client"
          ? "; nearly all were answered with HTTP 4xx: the requests themselves are wrong, and the engine never saw them"
          : n("side") === "timeout"
          ? "; nearly all timed out: their clients stopped waiting"
          : ""
      }.`,
    requests_rejected: (n) =>
      `The server turned ${counted(n("rejections"), "request")} away at its admission limit.`,
    hidden_aborts: (n) =>
      `${n("cut_share")} of requests were cut after their first token (${
        n("cut_requests")
      }); success counters do not show it.`,
    kv_bound: (n) =>
      `KV cache is the limit: ${n("kv_cache_usage_max")} of it used, ${
        counted(n("waiting_median"), "request waits", "requests wait")
      } (median), up to ${counted(n("running_max"), "runs", "run")}.`,
    preemption_thrash: (n) =>
      `${counted(n("preemptions"), "preemption")} threw work away${
        clause(n, ["kv_cache_usage_max"], () => ` (KV cache usage up to ${n("kv_cache_usage_max")})`)
      }.`,
    sequence_limit: (n) =>
      `The number of requests at once is the limit: running stays at ${n("limit")} while ${
        counted(n("waiting_median"), "waits", "wait")
      } (median), with the KV cache ${n("kv_cache_usage_mean")} used${
        clause(n, ["queue_time_mean", "ttft_mean"], () =>
          `; queue time is ${n("queue_time_mean")} of a TTFT of ${n("ttft_mean")}`)
      }.`,
    prefix_cache_cold: (n) =>
      `The prefix cache finds ${n("prefix_hit_share")} of prompt tokens, usually ${
        n("usual")
      }; the rest is computed again.`,
    gpu_throttled: (n) =>
      `The GPU's clock is held down (${n("reason")}${
        clause(n, ["gpu_throttled_share"], () => `, ${n("gpu_throttled_share")} of the time`)
      })${clause(n, ["gpu_sm_clock_mean"], () => `: ${n("gpu_sm_clock_mean")}`)}${
        clause(n, ["clockShare"], () => `, ${n("clockShare")} of its usual`)
      }; ITL is ${n("itl_mean")}.`,
    gpu_memory_taken: (n) =>
      `Another program took ${n("grownBytes")} of GPU memory: ${n("gpu_memory_used_mean")} of ${
        n("gpu_memory_total")
      } are used now. The server keeps what it has, but may not start again.`,
    kv_cache_shrunk: (n) =>
      `The KV cache is smaller than before the restart: ${n("kv_cache_tokens")}, ${
        n("left")
      } of what it was.`,
    engine_slow: (n) =>
      `Steps take ${n("slow_factor")} as long as their work explains; ITL is ${n("itl_mean")} at a batch of ${
        n("batch_mean")
      }. ${n("cause")}`,
    long_prompts: (n) =>
      `Long prompts stall the others: ITL p99 ${n("itl_p99")} while its median stays at ${n("itl_p50")}.`,
    front_end_bound: (n) =>
      `${n("outside_engine_mean")} per request are spent outside the engine${
        clause(n, ["ttft_mean"], () => `, of a TTFT of ${n("ttft_mean")}`)
      }.`,
    overload: (n) =>
      `More comes in than goes out: ${n("arrival_rate")} arrive, ${n("finish_rate")} finish, ${
        counted(n("waiting_mean"), "waits", "wait")
      } on average${clause(n, ["waiting_max"], () => `, ${n("waiting_max")} at most`)}.`,
    prefill_bound: (n) =>
      `Computing prompts is the limit: ${
        clause(n, ["computed_prompt_rate", "prefill_share"], () =>
          `${n("computed_prompt_rate")} of prompts take ${n("prefill_share")} of the steps' time; `)
      }${counted(n("waiting_median"), "request waits", "requests wait")} (median), TTFT is ${
        n("ttft_mean")
      }.`,
    client_sees_more: (n) =>
      `Clients wait ${n("client_gap")} longer for the first token than the server measures (${
        n("client_ttft_mean")
      } against ${n("ttft_mean")}).`,
    speculation_not_paying: (n) =>
      `Only ${n("accepted_share")} of drafted tokens are accepted, ${
        n("accepted_length")
      } tokens per step of a request.`,
    waiting_unexplained: (n) =>
      `Requests wait (median ${n("waiting_median")}${
        clause(n, ["queue_time_mean"], () => `, queue time ${n("queue_time_mean")}`)
      }), and nothing that was measured says why.`,
    concurrency_limited: (n) =>
      `The clients are the limit: exactly ${
        counted(n("clients"), "request runs", "requests run")
      } all the time and none waits, as when each client sends the next only after an answer.`,
    decode_bandwidth_bound: (n) =>
      `GPU memory bandwidth limits decoding, not arithmetic: ${
        n("fixed_share")
      } of a step's time is the same for any batch (now ${n("batch_mean")}), the GPU is ${
        n("gpu_utilization_mean")
      } busy. More requests at once cost little.`,
    under_used: (n) =>
      `At most ${n("running_max")} of ${counted(n("limit"), "possible request")} ran, and nothing waited.`,
    idle: (n) => `The server did nothing: no request ran${notWatched(n)}.`,
    healthy: (n) =>
      `Nothing is wrong in ${counted(n("windows"), "window")}: TTFT ${n("ttft_mean")}, ITL ${
        n("itl_mean")
      }, KV cache up to ${n("kv_cache_usage_max")}${notWatched(n)}.`,
    cannot_tell: (n) => `No verdict: ${n("missing")}.`,
  },
  evidence: {
    running_max: "Running requests, maximum",
    running_mean: "Running requests, mean",
    running_min: "Running requests, minimum",
    waiting_max: "Waiting requests, maximum",
    waiting_mean: "Waiting requests, mean",
    waiting_median: "Waiting requests, median",
    waiting_growth: "Waiting requests, change",
    kv_cache_usage_max: "KV cache usage, maximum",
    kv_cache_usage_mean: "KV cache usage, mean",
    preemptions: "Preemptions",
    preemptions_per_request: "Preemptions per request",
    queue_time_mean: "Queue time, mean",
    ttft_mean: "TTFT, mean",
    ttft_p99: "TTFT, p99",
    itl_mean: "ITL, mean",
    itl_p50: "ITL, median",
    itl_p99: "ITL, p99",
    itl_p999: "ITL, p99.9",
    e2e_mean: "E2E latency, mean",
    outside_engine_mean: "Time outside the engine, mean",
    arrival_rate: "Arrivals",
    finish_rate: "Finished requests",
    generation_rate: "Generated tokens",
    computed_prompt_rate: "Computed prompt tokens",
    computed_tokens_per_request: "Computed prompt tokens per request",
    steps: "Engine steps",
    step_time: "Step time",
    batch_mean: "Batch (requests per step)",
    tokens_per_step: "Tokens per step",
    step_tokens_median: "Tokens of a step, median",
    step_tokens_top: "Tokens of the fullest step (bucket)",
    prefill_share: "Share of the steps' time for prompts (model)",
    fixed_share: "Share of a step that any batch costs (model)",
    running_low: "Running requests, lowest fifth",
    slow_factor: "Step time against what its work explains",
    prefix_hit_share: "Prompt tokens found in the prefix cache",
    cached_tokens_per_request: "Cached prompt tokens per request",
    prompt_length_median: "Prompt length, median",
    longest_prompt_bucket: "Longest prompt (bucket)",
    rejections: "Rejected requests",
    failed_requests: "Failed requests",
    failed_share: "Share of failed requests",
    cut_requests: "Requests cut after the first token",
    cut_share: "Share of cut requests",
    client_ttft_mean: "TTFT as clients saw it, mean",
    client_gap: "Client TTFT minus server TTFT",
    client_late_p99: "Lateness of sending, p99",
    client_limited_share: "Requests limited by their client",
    failed_scrapes: "Failed scrapes",
    gap_duration: "Time without data",
    last_sample_age: "Age of the last sample",
    counters_reset: "Series that restarted",
    gpu_power_mean: "GPU power, mean",
    gpu_utilization_mean: "GPU utilisation, mean",
    gpu_sm_clock_mean: "GPU clock (SM), mean",
    gpu_throttled_share: "Samples in which the GPU's clock was held down",
    gpu_power_limit: "GPU power limit",
    gpu_memory_used_mean: "GPU memory used",
    gpu_memory_total: "GPU memory size",
    gpu_dram_active_mean: "GPU memory bandwidth in use, mean",
    kv_cache_tokens: "KV cache size",
    accepted_share: "Accepted share of drafted tokens",
    accepted_length: "Tokens per request and step",
  },
  falsifiers: {
    series_move_again: "the series move again in the next scrapes",
    two_servers_behind_one_address: "two servers answer at one address in turns",
    network_between_only: "only the path from here to the server is broken while others reach it",
    engine_asleep_or_paused: "the engine was put to sleep or paused on purpose",
    one_long_request: "a single huge prefill step was under way",
    client_errors_only: "the failures are the clients' own (wrong model name, too long a prompt)",
    probes_counted: "the counted requests are probes, not users",
    requests_still_running: "the missing requests are still running",
    kv_free_while_waiting: "requests wait just as long while the KV cache is half empty",
    few_preemptions_of_a_ramp: "the preemptions stop once the ramp is over",
    itl_rises_with_limit: "ITL rises out of its objective when the limit is raised",
    kv_full: "KV cache usage exceeds 90% while requests wait",
    workload_changed: "the prompts of the new workload share no prefix",
    clock_and_power_normal: "clock, power and throttle reasons are as usual",
    batch_or_prefill_grew: "batch, context or prefill grew in a way that the step model does not know",
    no_long_prompt: "no prompt of that window was unusually long",
    prompts_unchanged: "prompts are as long, and cached as often, as before",
    decode_takes_the_time: "TTFT stays as high with short prompts",
    memory_is_the_servers_own: "the memory belongs to the server's own processes (sleep mode, adapters)",
    fewer_blocks_on_purpose: "the server was started with other options or another model",
    requests_wait: "requests wait anywhere before the engine",
    rate_of_arrivals_fixed: "the clients send on a schedule, whatever the answers do",
    itl_grows_with_batch: "ITL grows in proportion to the batch",
    network_adds_it: "the time is added between client and server",
    arrivals_unchanged: "arrivals are as before",
    slow_engine: "steps of the same work take longer than before",
    client_starved: "the client's own machine is short of CPU",
    server_ttft_grew_too: "the server's TTFT grew by as much",
    greedy_against_sampled: "the sampling or the prompts changed",
    peaks_inside_window: "peaks shorter than a window reach the limits",
    objective_missed: "users' objectives are missed in this time",
    source_incomplete: "the source does not hold all of the server's series",
    open_loop: "the schedule itself asked for these times",
  },
  advice: {
    repair_scraping: "Repair the scraping: what is not read is not judged",
    see_if_it_serves:
      "See whether the server still answers its users: is its process there, does a request come back",
    read_log_before_restart:
      "Read the end of the server's log before it went (an error, out of memory, a signal), and the machine's log",
    split_window_at_restart: "Judge the time before and after the restart apart",
    read_server_log: "Read the server's log of that time",
    restart_engine: "Take a stack dump (py-spy), then restart the engine",
    alert_on_no_steps: "Alert on running requests without new tokens",
    balance_engines: "Use an external balancer that is aware of queues, or restart the stuck engine",
    more_load_processes: "Close what else runs on the load's machine, or use more processes or another one",
    fix_client_requests: "Correct the clients that send these requests",
    raise_admission_limit: "Raise the admission limit",
    add_replicas: "Add replicas",
    raise_client_timeout: "Raise the clients' timeout, or shorten TTFT",
    more_kv_memory: "Give the KV cache more memory",
    smaller_kv_entries: "Store the KV cache in a smaller type",
    shorter_context: "Limit the context length",
    fewer_sequences: "Run fewer requests at once",
    keep_watermark: "Keep some KV blocks free before admitting",
    raise_sequence_limit: "Let more requests run at once, as long as ITL allows",
    stable_prompt_prefix: "Keep the beginning of prompts stable: no clock, no id up front",
    sticky_routing: "Route requests with the same prefix to the same server",
    enable_prefix_caching: "Make sure that prefix caching is on",
    check_gpu_cooling_and_power: "Check the GPU's cooling and power limit",
    check_gpu_cooling: "Check the GPU's cooling: airflow, fans, room temperature",
    raise_power_limit: "Raise the GPU's power limit (nvidia-smi -pl), where cooling allows",
    check_power_supply: "Check the power supply: the board was told to brake",
    separate_gpu_programs: "Find the other program (nvidia-smi) and give it a GPU of its own",
    reserve_kv_memory: "Fix the size of the KV cache in bytes",
    larger_token_budget: "Let a step compute more prompt tokens",
    separate_prefill: "Compute prompts on servers of their own",
    more_clients: "Send more requests at once to find what the server can do",
    larger_batch: "Put more requests on this server: ITL hardly grows",
    smaller_weights: "Serve quantised weights: less to read in each step",
    speculate: "Try speculative decoding while the batch is small",
    check_gpu_data: "Sample the GPU (clock, power, throttle reasons) to tell GPU from host",
    check_cpu_neighbours: "Look for other work on the host's CPUs",
    limit_long_prefills: "Limit what long prefills take of a step",
    smaller_token_budget: "Make the token budget of a step smaller",
    route_long_prompts: "Send long prompts to a server of their own",
    more_front_end_cpu: "Give the API server more CPU cores",
    more_api_servers: "Run more API server processes",
    coarser_streaming: "Stream in coarser pieces",
    limit_admission: "Refuse early what cannot be served in time",
    shorter_outputs: "Limit the length of outputs",
    move_client: "Move the client nearer, keep connections open, turn proxy buffering off",
    fewer_draft_tokens: "Draft fewer tokens, or none at high load",
    consolidate: "Use fewer or smaller GPUs, or move more load here",
    send_load: "Send some load",
    collect_longer: "Collect for longer",
    collect_missing: "Collect what is missing",
  },
  next: {
    watch_scrapes: "watch the success and duration of scrapes",
    steps_and_log: "steps per second of the engine, and its log",
    rejections_after_change: "rejections after the change, at the same demand",
    errors_by_status: "failures by HTTP status and by client",
    preemptions_after_change: "preemptions and waiting requests after the change",
    itl_p99_at_higher_limit: "ITL p99 at the higher limit",
    hit_share_after_change: "the share of prompt tokens found after the change",
    gpu_clock_and_power: "the GPU's clock, power and throttle reasons at 1 Hz",
    itl_p99_without_long_prompts: "ITL p99 without the long prompts",
    ttft_at_shorter_prompts: "TTFT at the same rate with shorter or cached prompts",
    gpu_memory_by_process: "GPU memory by process",
    rate_at_more_clients: "tokens per second at twice the concurrency",
    itl_by_batch: "ITL at half and at twice the batch",
    outside_engine_after_change: "time outside the engine after the change",
    capacity_by_ramp: "capacity by a slow ramp of the arrival rate",
    client_from_other_machine: "the same load from another machine",
    waiting_per_engine: "waiting requests per engine",
    longer_run: "a longer run",
    speculation_off: "tokens per second with speculation off",
  },
  throttleReasons: {
    sw_power_cap: "power limit",
    hw_slowdown: "hardware slowdown",
    sw_thermal_slowdown: "too hot: driver slowdown",
    hw_thermal_slowdown: "too hot: hardware slowdown",
    hw_power_brake_slowdown: "power brake from outside",
    unknown: "the GPU tells no reason",
  },
  slowCauses: {
    host: "The host takes the time: the GPU waits.",
    unknown: "The GPU's figures do not say why.",
    not_measured: "Whether GPU or host is to blame cannot be told without GPU figures.",
  },
  at: (where, sentence) => `${where}: ${sentence}`,
  since: (start) => `Since ${start}: `,
  orLater: (start, within) => `${start} (or up to ${within} later)`,
  lastWindowOnly: "Only the last look shows it: it may have just begun.",
  pending: "Those that wait have no queue time yet: it is told when they end.",
  doubts: {
    cache_full: "The KV cache is full at its end: the next requests may have to wait.",
    waited_once: "Requests waited for a while in it, too short to say why.",
    busier_at_end: "More requests came or ran at its end than usual: what that leads to is not seen yet.",
    later_at_end: "First tokens came later at its end than usual: too early to tell why.",
    figures_missing: "Not every figure of what users feel was there: what is missing may hide a fault.",
    nothing_before:
      "Nothing is known of before this time, or too little: what was slow or cold all along looks usual.",
  },
  looksLike: (title) => `It begins to look like this: ${title}.`,
  between: (start, end) => `${start} to ${end}: `,
  tryFirst: (advice, option) => option === "" ? ` Try: ${advice}.` : ` Try ${option}: ${advice}.`,
  severities: { critical: "critical", warning: "warning", info: "note" },
  confidences: { high: "high confidence", medium: "medium confidence", low: "low confidence" },
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
    steps_per_second: "steps/s",
    tokens_per_step: "tokens",
    factor: "×",
  },
};
