/** English sentences about known faults of figures. @module */
import type { BiasSentences } from "./biases.ts";

/** @see BiasSentences */
export const BIASES_EN: BiasSentences = {
  recounted_after_preemption: "the older engine (V0) counts a request again after each preemption",
  queries_recounted_while_waiting:
    "a request that waits for KV blocks counts its queries and hits again at each try, so under pressure the ratio says little",
  zero_on_v0_cpu: "this version's older engine (V0) on a CPU shows 0 all along",
  rests_at_one_block: "at rest it stands at one block, not at 0",
  cached_blocks_count_as_free:
    "blocks that only the prefix cache holds count as free, so an idle server reads 0 though its cache is full",
  one_series_per_pid: "with several API servers there is one series a process, most of them 0",
  minus_one_means_off: "-1 means that prefix caching is off",
  aborts_uncounted: "a request that its client cut is in none of these counts",
  aborts_counted: "requests cut after their first token are in here, but not among those that finished",
  counts_each_sequence: "a request for n = 2 answers counts twice",
  one_token_requests_are_zero: "a request of one token is recorded as 0 and pulls the average down",
  first_bucket_is_10ms:
    "everything below 10 ms shares one bucket: quantiles down there are guesses, the mean is exact",
  first_bucket_is_300ms:
    "everything below 300 ms shares one bucket: quantiles down there are guesses, the mean is exact",
  gap_between_outputs: "one value for each output, which may hold several tokens, not one for each token",
  named_per_token: "the server's name says per token; it holds the gaps between outputs",
  chunked_prompt_booked_at_end: "a prompt computed in chunks is counted whole with its last chunk",
  prompt_booked_at_end: "a prompt is counted whole when its prefill ends, so the rate comes in jumps",
  estimated: "worked out by the server from the model's shape, not measured",
  zero_without_option: "stays 0 unless the server was started with its option",
  api_server_only: "of the API server's process, not of the engine or its workers",
  frontend_cannot_see_aborts: "the HTTP front end counts a request that its client cut as answered",
  only_the_sum: "the server keeps a running sum only: a mean, no distribution",
  blank_values: "the exporter writes numbers from 2^47 on where it has no value",
  lifetime_mean: "a mean since the server's start; it says nothing of this stretch",
  per_iteration: "of the batch in each step, not of one request",
};
