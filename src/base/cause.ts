/**
 * Why a value is absent or something failed: a code with parameters, never a sentence. `src/text` turns it into words.
 *
 * @module
 */
import { checkArgument, OBJECT } from "./arguments.ts";

/** A machine-readable reason. Codes are snake_case and listed in `src/text/causes.ts`; parameters are what the sentence quotes. */
export interface Cause {
  /** Chooses the sentence. */
  readonly code: CauseCode;
  /**
   * What the sentence quotes (a status, a path, a name), by the code's own keys; it may come from a server.
   */
  readonly params?: Readonly<Record<string, string | number>>;
}

/** Every reason that the lab can give. Adding one without a sentence in every language does not compile. */
export type CauseCode =
  // scraping
  | "connection_refused"
  | "connection_failed"
  | "name_not_resolved"
  | "host_unreachable"
  | "answer_cut_short"
  | "not_http"
  | "bad_compression"
  | "too_many_redirects"
  | "redirect_not_http"
  | "port_blocked"
  | "no_tls"
  | "tls_wanted"
  | "tls_failed"
  | "untrusted_certificate"
  | "certificate_out_of_date"
  | "certificate_other_name"
  | "certificate_of_authority"
  | "key_wanted"
  | "key_refused"
  | "timeout"
  | "http_status"
  | "not_metrics"
  | "no_metrics_endpoint"
  | "not_openai_api"
  | "no_models"
  | "body_too_large"
  | "too_many_samples"
  | "too_many_series"
  | "unparsable_lines"
  | "sampler_error"
  | "cause_not_kept"
  | "cancelled"
  | "simulated_server_stopped"
  // GPU
  | "gpu_library_not_found"
  | "gpu_driver_not_loaded"
  | "gpu_no_permission"
  | "gpu_none"
  | "gpu_not_supported"
  | "gpu_lost"
  | "gpu_not_sampled"
  // system
  | "not_on_this_platform"
  | "no_permission"
  | "file_not_readable"
  | "host_not_sampled"
  | "recording_failed"
  | "recording_removed"
  // catalog
  | "sides_differ"
  | "several_answers"
  | "client_shorter"
  | "latency_unexplained"
  | "ends_otherwise"
  | "price_not_given"
  | "gpu_count_not_given"
  | "server_not_sampled"
  | "quantity_unknown"
  | "quantity_not_exposed"
  | "quantity_hidden_in_version"
  | "quantity_added_later"
  | "quantity_removed"
  | "quantity_needs_option"
  // series
  | "no_data"
  | "not_enough_points"
  | "no_requests_in_window"
  | "no_first_tokens_in_window"
  | "no_tokens_in_window"
  | "window_not_covered"
  | "constant_series"
  | "different_buckets"
  | "reset_in_window"
  | "not_read_throughout"
  | "sequence_limit_unknown"
  | "nothing_waited"
  | "served_more_without_waiting";

/** A reading that may be absent; absent is never zero. */
export type Reading = { readonly value: number } | { readonly absent: Cause };

/** True where the reading has a value. */
export function isPresent(reading: Reading): reading is { readonly value: number } {
  checkArgument("isPresent(reading)", { reading }, OBJECT);
  return "value" in reading;
}
