/**
 * What came of the scored evaluation, as a table and as figures.
 *
 * @module
 */
import type { AdviceOutcome } from "./diagnosis_advice.ts";
import { HEALTHY_SECONDS } from "./diagnosis_cases.ts";
import type { CauseScore, Outcome } from "./diagnosis_score.ts";
import { stretchLines, type StretchOutcome } from "./diagnosis_stretches.ts";
import { causeOf } from "./diagnosis_truth.ts";

/** Everything that was found out. */
export interface Results {
  readonly incidents: readonly Outcome[];
  readonly pairs: readonly Outcome[];
  readonly healthy: readonly Outcome[];
  readonly loops: readonly Outcome[];
  readonly short: readonly Outcome[];
  readonly shortLimited: readonly Outcome[];
  readonly stretches: readonly StretchOutcome[];
  readonly scores: readonly CauseScore[];
  readonly advice: readonly AdviceOutcome[];
}

/** In the form of every benchmark. */
export function figuresOf(results: Results) {
  const { scores, advice, healthy } = results;
  const hours = healthyHours(healthy);
  const falseFindings = falseOf(healthy).length;
  const group = (direct: boolean) => scores.filter((one) => (causeOf(one.truth).direct === true) === direct);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const targets = ([["direct", true, 0.95, 0.98], ["inferred", false, 0.75, 0.95]] as const).flatMap(
    ([name, direct, recall, precision]) => {
      const own = group(direct);
      const got = {
        recall: mean(own.map((one) => one.recallFirst)),
        precision: mean(own.map((one) => one.precision)),
      };
      return [
        { name: `${name} recall`, wanted: recall, got: got.recall, ok: got.recall >= recall },
        { name: `${name} precision`, wanted: precision, got: got.precision, ok: got.precision >= precision },
      ];
    },
  );
  const perTenHours = hours === 0 ? null : falseFindings / hours * 10;
  return {
    name: "diagnosis",
    machine: `${Deno.build.os} ${Deno.build.arch}`,
    date: new Date().toISOString(),
    figures: scores.flatMap((one) => [
      { name: `${one.truth} recall`, value: one.recallFirst, unit: "ratio" },
      { name: `${one.truth} precision`, value: one.precision, unit: "ratio" },
      { name: `${one.truth} median delay`, value: one.medianDelayWindows, unit: "windows" },
    ]),
    targets: [
      ...targets,
      {
        name: "false findings in 10 healthy hours",
        wanted: 1,
        got: perTenHours,
        ok: perTenHours === null ? null : perTenHours <= 1,
      },
      ...advice.map((one) => ({
        name: `advice for ${one.truth} on ${one.profile}: ${one.number} (was ${one.before})`,
        wanted: one.wanted,
        got: one.after,
        ok: one.works,
      })),
    ],
  };
}

/** One advice that was followed. */
export function adviceLine(one: AdviceOutcome): string {
  const verdict = one.works ? "works" : "DOES NOT WORK";
  return `advice ${one.truth} ${one.profile}: ${one.number} ${one.before.toPrecision(4)} -> ${
    one.after.toPrecision(4)
  } ${verdict}`;
}

function healthyHours(healthy: readonly Outcome[]): number {
  return healthy.length * HEALTHY_SECONDS / 3600;
}

function falseOf(healthy: readonly Outcome[]): string[] {
  return healthy.flatMap((one) => one.falseFindings);
}

/** Line by line. */
export function tableOf(results: Results): string[] {
  const { incidents, pairs, healthy, loops, short, shortLimited, scores } = results;
  const cell = (value: number) => Number.isNaN(value) ? "n/a" : value.toFixed(2);
  const share = (part: readonly unknown[], whole: readonly unknown[]) => `${part.length} of ${whole.length}`;
  const has = (code: Outcome["notes"][number]) => (one: Outcome) => one.notes.includes(code);
  const lightGpu = healthy.filter((one) => one.name.includes("steady") && one.witness !== "no_gpu");
  return [
    "cause            cases mild (named) recall (two) precision delay median, worst (windows)  told first",
    ...scores.map((one) =>
      [
        one.truth.padEnd(16),
        String(one.cases).padStart(5),
        `${one.mild} (${one.mildNamed})`.padStart(9),
        cell(one.recallFirst).padStart(6),
        cell(one.recallTwo).padStart(6),
        cell(one.precision).padStart(9),
        cell(one.medianDelayWindows).padStart(8),
        cell(one.worstDelayWindows).padStart(8),
        "  " + Object.entries(one.said).map(([code, count]) => `${code} ${count}`).join(", "),
      ].join(" ")
    ),
    `two causes: ${share(pairs.filter((one) => one.verdict === "first"), pairs)} with the first one first, ${
      share(pairs.filter((one) => one.named && one.secondNamed), pairs)
    } with both`,
    ...pairs.filter((one) => !one.named || !one.secondNamed).map((one) =>
      `  of ${one.truth} and ${one.secondTruth}: ${one.named ? "" : "not the first "}${
        one.secondNamed ? "" : "not the second "
      }${one.profile}, told ${one.said}, wrong ${one.wrong.join(", ") || "nothing"}`
    ),
    `healthy: ${healthyHours(healthy).toFixed(1)} h, false findings: ${
      falseOf(healthy).join(", ") || "none"
    }`,
    `before incidents: ${incidents.flatMap((one) => one.falseFindings).join(", ") || "none"}`,
    `closed loops: ${share(loops.filter(has("concurrency_limited")), loops)} told, ${
      share(healthy.filter(has("concurrency_limited")), healthy)
    } of open ones; wrong findings: ${falseOf(loops).join(", ") || "none"}`,
    `runs of 20 to 90 s: ${short.length} healthy with false findings: ${
      falseOf(short).join(", ") || "none"
    }; of too few sequences ${
      share(shortLimited.filter((one) => one.said === "sequence_limit"), shortLimited)
    } told as such`,
    `decode bound by memory told in ${
      share(lightGpu.filter(has("decode_bandwidth_bound")), lightGpu)
    } steady runs with GPU figures, in ${
      share(
        healthy.filter((one) => one.witness === "no_gpu").filter(has("decode_bandwidth_bound")),
        healthy.filter((one) => one.witness === "no_gpu"),
      )
    } without`,
    ...stretchLines(results.stretches),
  ];
}
