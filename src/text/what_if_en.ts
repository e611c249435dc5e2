import type { WhatIfText } from "./what_if.ts";

/** English words of what the engine model foretells. */
export const WHAT_IF_EN: WhatIfText = {
  chosen: (server, engine) => `Of the servers that are there: ${server}, engine ${engine}`,
  load: ({ rate, prompt, shared, output }) =>
    `Load as seen: ${rate}, prompts of ${prompt} tokens (${shared} of them shared), answers of ${output}`,
  engines: (count) =>
    `That is of all ${count} engines together: each request goes to the one with the least to do, as vLLM shares them out.`,
  between: (lower, upper) => upper === undefined ? `above ${lower}` : `${lower} to ${upper}`,
  figure: "Figure",
  measured: "measured",
  asItIs: "model, as it is",
  changed: (settings) => `model, ${settings}`,
  rows: {
    ttft: "TTFT, mean",
    ttftP99: "TTFT, p99",
    itl: "ITL, mean",
    itlP99: "ITL, p99",
    tokens: "Output tokens a second",
    running: "Running, mean",
    waiting: "Waiting, mean",
    kv: "KV cache, most",
    preemptions: "Preemptions in 5 min",
  },
  model:
    "The last two columns are a model's word: the same load as steady Poisson arrivals of equal requests, in virtual time. Nothing of them was measured.",
  assumed: (settings) =>
    `The server does not tell all its settings; the model takes ${settings} where --what-if says nothing else.`,
  near: (error) => `As it is, the model is off by ${error} at most in ITL and output tokens: near enough.`,
  far: (error) =>
    `As it is, the model is off by ${error} in ITL or output tokens: it does not describe this stretch (a load that changes, too short a time, other work). Choose a steady stretch with --from, --to or --last; do not act on the last column.`,
  overloaded: "With these settings more comes in than goes out: latencies would grow on.",
  ttftFar: (factor) =>
    `As it is, the model's TTFT is off by a factor of ${factor}: do not act on TTFT and waiting in the last column (they depend on how requests come: in bursts, or from users who wait for their answers).`,
  restart: "TTFT is the least sure of these (half of it either way, on simulated servers).",
};
