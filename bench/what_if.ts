/**
 * `deno task bench what_if`: is what the engine model says of another setting what then happens? The simulated server is run with
 * the setting; it has what the model leaves out (spread of outputs, eight shared beginnings, a front end, scrapes).
 *
 * @module
 */
import { mean, median } from "../src/analyzer/statistics.ts";
import { whatIf } from "../src/analyzer/what_if.ts";
import { seededRandom } from "../src/base/random.ts";
import { profileNamed } from "../src/simulator/engine/profiles.ts";
import { capacityOf, workloadOf } from "./diagnosis_cases.ts";
import { WORLD_START } from "./diagnosis_plan.ts";
import { watchWorld } from "./diagnosis_world.ts";

const PROFILES = ["llama-8b-h100", "llama-8b-a100-40", "llama-8b-l40s", "qwen-7b-a100-80"];
const LOADS = [0.4, 0.6, 0.8];
/** Shares of the running requests that a small limit allows, and what is advised instead. */
const SECONDS = 300;
const WARM_SECONDS = 60;

/** What of a run is foretold. */
interface Outcome {
  readonly ttftMean: number;
  readonly itlMean: number;
  readonly tokensPerSecond: number;
}

/** Relative errors of the model for runs with twice the sequences that were too few. */
export async function run() {
  const errors: Record<keyof Outcome, number[]> = { ttftMean: [], itlMean: [], tokensPerSecond: [] };
  let seed = 7001;
  for (const name of PROFILES) {
    const profile = profileNamed(name);
    for (const load of LOADS) {
      const workload = workloadOf(profile, await capacityOf(name) * load);
      const free = whatIf(profile, workload, { random: seededRandom(seed), seconds: SECONDS });
      const limits = { maxNumSequences: Math.max(4, Math.round(1.6 * free.runningMean)) };
      const told = whatIf(profile, workload, { random: seededRandom(seed), seconds: SECONDS, limits });
      const foretold: Outcome = {
        ttftMean: told.ttft.mean,
        itlMean: told.itl.mean,
        tokensPerSecond: told.outputTokensPerSecond,
      };
      const { rows } = watchWorld({ profile, workload, seed: seed++, seconds: SECONDS, limits, gpu: false });
      const seen = outcomeOf(rows.filter((row) => row.outcome === "ok"));
      for (const key of ["ttftMean", "itlMean", "tokensPerSecond"] as const) {
        errors[key].push(foretold[key] / seen[key] - 1);
      }
    }
  }
  const percent = (value: number) => Number((100 * value).toFixed(1));
  return {
    figures: Object.entries(errors).flatMap(([key, all]) => {
      const sizes = all.map(Math.abs);
      return [
        { name: `${key}: median error`, value: percent(median(sizes)), unit: "%" },
        { name: `${key}: largest error`, value: percent(Math.max(...sizes)), unit: "%" },
        { name: `${key}: bias`, value: percent(mean(all)), unit: "%" },
      ];
    }),
    targets: [{
      name: "what is foretold happens",
      wanted: "median error of ITL and throughput at most 10 %",
      got: `${percent(median(errors.itlMean.map(Math.abs)))} %, ${
        percent(median(errors.tokensPerSecond.map(Math.abs)))
      } %`,
      ok: median(errors.itlMean.map(Math.abs)) <= 0.1 && median(errors.tokensPerSecond.map(Math.abs)) <= 0.1,
    }],
  };
}

function outcomeOf(rows: ReturnType<typeof watchWorld>["rows"]): Outcome {
  const warm = WORLD_START + WARM_SECONDS;
  const firsts = rows.filter((row) => row.chunkTimesSeconds[0]! >= warm);
  const gaps = rows.flatMap((row) =>
    Array.from(
      row.chunkTimesSeconds.subarray(1),
      (time, i) => ({ time, gap: time - row.chunkTimesSeconds[i]! }),
    )
  ).filter(({ time }) => time >= warm);
  return {
    ttftMean: mean(firsts.map((row) => row.chunkTimesSeconds[0]! - row.sentSeconds!)),
    itlMean: mean(gaps.map(({ gap }) => gap)),
    tokensPerSecond: rows.reduce(
      (sum, row) => sum + row.chunkTimesSeconds.filter((time) => time >= warm && time < warm + 180).length,
      0,
    ) / 180,
  };
}
