import type { CostText } from "./cost.ts";

/** English words of the report's objectives and costs. */
export const COST_EN: CostText = {
  objectives: "Objectives",
  cost: "Cost",
  what: "What",
  value: "Value",
  note:
    "Energy and money are of the GPUs for the whole time, idle or not. Recomputed tokens are an upper bound (of mean requests; a third to two thirds of it are usual); those of cut requests are exact from the server's start on, else an estimate.",
  rows: {
    outputTokens: "Output tokens",
    energy: "Energy of the GPUs",
    energyPerMillion: "Energy for a million output tokens",
    money: "Price of the GPUs for this time",
    moneyPerMillion: "Price of a million output tokens",
    recomputed: "Tokens computed again after preemptions, at most",
    aborted: "Tokens of requests that were cut or still run",
    wasted: "Both, of all prompt, output and recomputed tokens, at most",
  },
};
