/**
 * `deno task bench server_anomalies [--tuning]`: anomalies of thirteen signals of the simulated server, whose schedule says what is
 * one, beside the z-score. About four minutes.
 *
 * @module
 */
import { detectAnomalies } from "../src/analyzer/anomalies.ts";
import type { Points, TimeSpan } from "../src/series/types.ts";
import { mean, sampleVariance } from "../src/analyzer/statistics.ts";
import {
  type AnomalyWorld,
  healthyWorlds,
  HELD_OUT,
  incidentWorlds,
  isDuration,
  TUNING,
  type Watched,
} from "./anomaly_worlds.ts";

type Find = (quantity: Watched, points: Points) => readonly TimeSpan[];

const robust: Find = (quantity, points) => {
  const result = detectAnomalies(points, { logarithm: isDuration(quantity) });
  return "absent" in result ? [] : result.episodes;
};

/** Points beyond three standard deviations, those at most five apart together. */
const zScore: Find = (quantity, { timesSeconds, values }) => {
  const judged = Array.from(values, (value) => isDuration(quantity) ? Math.log(value) : value);
  const known = judged.filter(Number.isFinite);
  const centre = mean(known);
  const limit = 3 * Math.sqrt(sampleVariance(known));
  const episodes: { startSeconds: number; endSeconds: number; last: number }[] = [];
  judged.forEach((value, i) => {
    if (!(Math.abs(value - centre) > limit)) return;
    const time = timesSeconds[i]!;
    const before = episodes.at(-1);
    if (before !== undefined && i - before.last <= 5) Object.assign(before, { endSeconds: time, last: i });
    else episodes.push({ startSeconds: time, endSeconds: time, last: i });
  });
  return episodes;
};

const DETECTORS = { robust, "z-score 3": zScore } as const;

/** What an incident leaves behind belongs to it for so long. */
const AFTERMATH_SECONDS = 60;

class Tally {
  healthyHours = 0;
  healthyEpisodes = 0;
  incidents = 0;
  found = 0;
  right = 0;
  wrong = 0;
  readonly byTruth = new Map<string, { found: number; all: number }>();

  add(world: AnomalyWorld, find: Find): void {
    const { incident } = world;
    let isFound = false;
    for (const { quantity, points } of world.signals) {
      for (const { startSeconds, endSeconds } of find(quantity, points)) {
        const isRight = incident !== undefined && endSeconds >= incident.startSeconds - 3 &&
          startSeconds <= incident.endSeconds + AFTERMATH_SECONDS;
        if (isRight) this.right++;
        else this.wrong++;
        isFound ||= isRight;
        if (incident === undefined) this.healthyEpisodes++;
      }
    }
    if (incident === undefined) {
      this.healthyHours += world.seconds / 3600;
      return;
    }
    const own = this.byTruth.get(world.truth!) ?? { found: 0, all: 0 };
    this.byTruth.set(world.truth!, { found: own.found + Number(isFound), all: own.all + 1 });
    this.incidents++;
    if (isFound) this.found++;
  }

  get precision(): number {
    return this.right / Math.max(1, this.right + this.wrong);
  }

  get recall(): number {
    return this.found / this.incidents;
  }

  get f1(): number {
    return 2 * this.precision * this.recall / (this.precision + this.recall);
  }
}

/** Figures of both detectors. */
export async function run(options: { readonly tuning?: boolean } = {}) {
  const choice = options.tuning === true ? TUNING : HELD_OUT;
  const tallies = Object.entries(DETECTORS).map(([name, find]) => ({ name, find, tally: new Tally() }));
  for (const worlds of [healthyWorlds(choice), incidentWorlds(choice)]) {
    for await (const world of worlds) {
      for (const { find, tally } of tallies) tally.add(world, find);
    }
  }
  const figures = tallies.flatMap(({ name, tally }) => {
    const figure = (what: string, value: number, unit: string) => ({
      name: `${name}: ${what}`,
      value: Number(value.toFixed(2)),
      unit,
    });
    return [
      figure("F1", tally.f1, ""),
      figure(`incidents found (${tally.found} of ${tally.incidents})`, tally.recall, ""),
      figure("share of episodes that are of an incident", tally.precision, ""),
      figure(
        "false episodes, all thirteen signals, healthy load that changes",
        tally.healthyEpisodes / tally.healthyHours,
        "an hour",
      ),
      ...[...tally.byTruth].map(([truth, { found, all }]) => figure(`${truth} found, of ${all}`, found, "")),
    ];
  });
  const [own, peer] = tallies.map(({ tally }) => tally.f1);
  return {
    figures,
    targets: [{
      name: "F1 over incidents",
      wanted: "above the z-score of 3",
      got: `${own!.toFixed(2)}, z-score ${peer!.toFixed(2)}`,
      ok: own! > peer!,
    }],
  };
}
