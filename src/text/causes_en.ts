/** English sentences for causes. @module */
import type { CauseSentences } from "./causes.ts";
import { counted } from "./counted.ts";

const WHERE = ["address", "url", "target"];
const WHAT = ["quantity", "name", "metric"];

/** @see CauseSentences */
export const CAUSES_EN: CauseSentences = {
  connection_refused: (p) => `connection refused${p.around(" by ", WHERE)}: nothing listens there`,
  connection_failed: (p) => `connection failed${p.around(" to ", WHERE)}${p.around(": ", "detail")}`,
  no_tls: (p) => `the server${p.around(" at ", WHERE)} does not speak TLS; its address begins with http://`,
  tls_wanted: (p) => `the server${p.around(" at ", WHERE)} speaks TLS; its address begins with https://`,
  tls_failed: (p) =>
    `no encrypted connection was agreed on${p.around(" with ", WHERE)}${p.around(" (", "alert", ")")}`,
  untrusted_certificate: (p) =>
    `nobody who is trusted here signed the certificate${
      p.around(" of ", WHERE)
    }; DENO_CERT=FILE in the environment names one to trust (load: --ca FILE)`,
  certificate_out_of_date: (p) =>
    `the certificate${p.around(" of ", WHERE)} has expired or is not valid yet; renew it, or set the clocks`,
  certificate_other_name: (p) =>
    `the certificate${p.around(" of ", WHERE)} is for another name${
      p.around(": ", "names")
    }; the address needs the name that it is for`,
  certificate_of_authority: (p) =>
    `the certificate${
      p.around(" of ", WHERE)
    } is an authority's (CA:TRUE), which no server can show; make it with openssl req -x509 … -addext basicConstraints=critical,CA:FALSE`,
  port_blocked: (p) =>
    `port ${p("port", "there")} is one that HTTP clients do not call; give the server another`,
  name_not_resolved: (p) => `no machine of that name is known${p.around(": ", WHERE)}; check the spelling`,
  host_unreachable: (p) => `no way leads to that machine${p.around(": ", WHERE)}`,
  answer_cut_short: (p) => `the connection${p.around(" to ", WHERE)} ended before the answer was whole`,
  not_http: (p) => `what answers${p.around(" at ", WHERE)} does not speak HTTP as it should`,
  bad_compression: (p) =>
    p.around("the answer is compressed as ", "encoding", ", wanted gzip, br or none") ||
    "the compressed answer is broken or cut short",
  too_many_redirects: (p) =>
    `the server redirects without end${p.around(" (more than ", "redirects", " times)")}`,
  redirect_not_http: (p) =>
    `the server redirects to where HTTP does not lead${p.around(" (", "scheme", ")")}`,
  key_wanted: (p) =>
    `the server wants a key (status ${
      p("status", "401")
    }): set LAB_API_KEY in the environment; it is never shown${
      p.around("; the server redirects to ", "location", ", where no key is sent")
    }`,
  key_refused: (p) =>
    `the server refused the key that was sent (status ${
      p("status", "401")
    }): check LAB_API_KEY in the environment, or what the address carries before @; neither is ever shown`,
  timeout: (p) =>
    `no answer within ${p.around("", ["timeoutSeconds", "seconds"], " s") || "the time allowed"}${
      p.around("; this machine itself stood still for ", "stoodStillSeconds", " s then")
    }`,
  http_status: (p) =>
    `the server answered with status ${p("status", "other than 200")}${
      p.around("; it redirects to ", "location")
    }`,
  not_metrics: (p) => `the answer is not a metrics text${p.around(" but ", ["contentType", "kind"])}`,
  no_metrics_endpoint: (p) => `no /metrics there${p.around(" at ", WHERE)}`,
  not_openai_api: (p) => `no OpenAI-compatible API answers${p.around(" at ", WHERE)}`,
  no_models: (p) => `the server${p.around(" at ", WHERE)} serves no model`,
  too_many_samples: (p) =>
    `the answer holds ${counted(p("samples", "too many"), "sample")}${
      p.around(", at most ", "maxSamples", " are read")
    }`,
  too_many_series: (p) =>
    `this target made ${p("series", "too many")} series since the start${
      p.around(", at most ", "maxSeries", " are kept")
    }: a label differs from scrape to scrape; no more of it is read`,
  body_too_large: (p) => `the answer is larger than ${p.bytes("maxBytes", "allowed")}`,
  unparsable_lines: (p) =>
    `${counted(p("count", "some"), "line")} could not be read${
      p.around(", the first is line ", "firstLine")
    }`,
  cause_not_kept: () => "failed; a Prometheus server does not keep why",
  sampler_error: (p) => `reading failed${p.around(": ", ["detail", "message", "error"])}`,
  cancelled: () => "stopped before it ended",
  simulated_server_stopped: () => "the simulated server was stopped",

  gpu_library_not_found: (p) => `no GPU: ${p(["library", "path"], "the NVIDIA library")} not found`,
  gpu_driver_not_loaded: () => "no GPU: the NVIDIA driver is not loaded",
  gpu_no_permission: (p) => `no permission to read the GPU${p.around(" ", "gpu")}`,
  gpu_none: () => "no GPU in this machine",
  gpu_not_supported: (p) => `not supported by this GPU${p.around(": ", ["field", "name", "quantity"])}`,
  gpu_lost: (p) => `GPU ${p("gpu")} has fallen off the bus`.replace("  ", " "),
  gpu_not_sampled: () => "GPUs are not watched here",

  not_on_this_platform: (p) => `not available on ${p(["platform", "os"], "this platform")}`,
  no_permission: (p) => `no permission to read ${p(["path", "file"], "it")}`,
  file_not_readable: (p) =>
    `${p(["path", "file"], "the file")} cannot be read${p.around(": ", ["detail", "error"])}`,

  recording_failed: (p) =>
    `${p(["path", "file"], "the recording")} cannot be written${p.around(": ", ["error"])}`,

  recording_removed: (p) =>
    `${p(["path", "file"], "the recording")} was removed while it was written; it is put back at the end`,

  host_not_sampled: () => "the machine is not watched here",

  sides_differ: (p) =>
    `${
      p.around("clients saw ", "clients", p.around(", the server counted ", "server")) ||
      "clients and server counted different requests"
    } (others use it, requests were cut, reads failed, or it restarted)`,
  several_answers: (p) =>
    `requests asked for several answers: the server counts each${
      p.around(" (", "server", ")")
    }, a client the request${p.around(" (", "clients", ")")}`,
  client_shorter: (p) =>
    `the client's mean is ${
      p.around("", "by", " ")
    }shorter than the server's (a clock was set, or they are not the same requests)`,
  latency_unexplained: (p) =>
    `${
      p.around("tokens came slower than usual for the same demand: ITL up to ", "itl") ||
      p.around("requests waited ", "queue", `${p.around(" of a TTFT of ", "ttft")} before they ran`) ||
      `first tokens came far later than usual${p.around(": up to ", "ttft")}`
    }${p.around(", usually ", "usual")}, and no rule names the cause`,
  ends_otherwise: (p) =>
    `the last ${p("duration", "seconds")} are unlike the time before${
      p.around(": ", "waiting", " requests wait") ||
      p.around(": no token came while ", "still", " requests ran") ||
      p.around(": ITL ", "itl") || p.around(": TTFT ", "ttft")
    }${p.around(", usually ", "usual")}, and too short to say why`,
  price_not_given: () => "no price of a GPU-hour was given (--gpu-hour-price)",
  gpu_count_not_given: () => "no GPU was sampled, and no number of them was given (--gpus)",
  server_not_sampled: () => "no server is watched here",
  quantity_unknown: (p) => `the lab knows no quantity ${p(WHAT, "of that name")}`,
  quantity_not_exposed: (p) => `this server has ${p.around("no metric for ", WHAT) || "no such metric"}`,
  quantity_hidden_in_version: (p) =>
    `${p(WHAT, "it")} is hidden by this version${p.around(" (", "version", ")")}${
      p.around("; show it with ", "option")
    }`,
  quantity_added_later: (p) =>
    `${p(WHAT, "it")} exists since ${p(["since", "addedIn"], "a later version")}${
      p.around(", this is ", "version")
    }`,
  quantity_removed: (p) =>
    `${p(WHAT, "it")} was removed${p.around(" in ", ["removedIn", "since"])}${
      p.around(" after ", "lastSeenIn")
    }${p.around(", this is ", "version")}`,
  quantity_needs_option: (p) =>
    `${p(WHAT, "it")} appears only when the server runs with ${p("option", "an option")}`,

  no_data: (p) => `no data in this time${p.around(" for ", WHAT)}`,
  not_enough_points: (p) =>
    `too few points${p.around(": ", ["count", "points"])}${
      p.around(", at least ", ["needed", "minimum", "wanted"], " needed")
    }`,
  no_requests_in_window: () => "no requests ended in this time",
  no_first_tokens_in_window: () => "no request got its first token in this time",
  no_tokens_in_window: () => "no token was made in this time",
  window_not_covered: (p) =>
    `not enough history yet${p.around(": ", ["coveredSeconds", "covered"], " s")}${
      p.around(" of ", ["windowSeconds", "rangeSeconds"], " s")
    }`,
  constant_series: (p) => `the value never changes${p.around(" (", "value", ")")}`,
  different_buckets: () => "the histograms have different buckets and cannot be added up",
  reset_in_window: () => "the server was restarted in this time",
  not_read_throughout: (p) =>
    `the server was not read throughout${p.around(": ", "coveredSeconds", " s")}${
      p.around(" of ", "windowSeconds", " s")
    }`,
  sequence_limit_unknown: () => "the sequence limit (--max-num-seqs) is neither told nor seen",
  nothing_waited: (p) =>
    `requests never waited${p.around(" for ", "seconds", " s on end")}, so the server was not seen full`,
  served_more_without_waiting: () =>
    "more was served while nothing waited than while requests did: what they waited for is not this rate",
};
