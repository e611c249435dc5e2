import assert from "node:assert/strict";
import fc from "fast-check";
import { linearAxis, logAxis } from "../../src/charts/ticks.ts";
import {
  clockTime,
  spanName,
  timeTicks,
  zoneOffsetName,
  zoneOffsetSeconds,
} from "../../src/charts/time_axis.ts";
import { textWidth } from "../../src/charts/text_width.ts";

Deno.test("linearAxis() starts amounts at zero and counts have no halves", () => {
  const rows = [
    [{ unit: "requests", minimum: 0, maximum: 1 }, [0, 1]],
    [{ unit: "requests", minimum: 3, maximum: 14 }, [0, 5, 10, 15]],
    [{ unit: "requests", minimum: NaN, maximum: NaN }, [0, 1]],
    [{ unit: "ratio", minimum: 0.2, maximum: 0.6 }, [0, 0.25, 0.5, 0.75, 1]],
    [{ unit: "ratio", minimum: 0, maximum: 0 }, [0, 0.25, 0.5, 0.75, 1]],
    [{ unit: "ratio", minimum: 0, maximum: 0.008 }, [0, 0.002, 0.004, 0.006, 0.008]],
    [{ unit: "seconds", minimum: 0, maximum: 0 }, [0, 0.05, 0.1]],
    [{ unit: "seconds", minimum: 0, maximum: 1.8 }, [0, 0.5, 1, 1.5, 2]],
    [{ unit: "bytes", minimum: 0, maximum: 64 * 2 ** 30 }, [0, 16, 32, 48, 64].map((gib) => gib * 2 ** 30)],
    [{ unit: "count", minimum: -3, maximum: 4 }, [-4, -2, 0, 2, 4]],
  ] as const;
  for (const [options, ticks] of rows) {
    assert.deepEqual(linearAxis(options).ticks, ticks, JSON.stringify(options));
  }
});

Deno.test("linearAxis() keeps a twentieth of what is drawn free above the highest value, and below a negative one", () => {
  // From -10 to 95 are 105; a twentieth above 95 is more than the last tick.
  const { domain, ticks } = linearAxis({ unit: "count", minimum: -10, maximum: 95 });
  assert.deepEqual(ticks, [-50, 0, 50, 100]);
  assert.deepEqual(domain, [-50, 100.25]);
  assert.deepEqual(linearAxis({ unit: "count", minimum: 0, maximum: 97 }).domain, [0, 101.85]);
});

Deno.test("logAxis() has 1-2-5 within three decades, one a decade beyond, and takes nothing and zero", () => {
  const ticks = (minimum: number, maximum: number) => logAxis({ unit: "seconds", minimum, maximum }).ticks;
  assert.deepEqual(ticks(1, 100), [1, 2, 5, 10, 20, 50, 100]);
  assert.deepEqual(ticks(1, 1000), [1, 10, 100, 1000]);
  // Where the lowest is not positive one decade is shown; where nothing is, the one below 1.
  assert.deepEqual(ticks(0, 100), [10, 20, 50, 100]);
  assert.deepEqual(ticks(NaN, NaN), [0.1, 0.2, 0.5, 1]);
  assert.deepEqual(ticks(NaN, Infinity), [0.1, 0.2, 0.5, 1]);
  assert.deepEqual(ticks(-2, 0), [0.1, 0.2, 0.5, 1]);
});

Deno.test("linearAxis() and logAxis() hold every value and have no tick outside", () => {
  const number = fc.double({ min: 1e-9, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(number, number, (a, b) => {
      const [minimum, maximum] = [Math.min(a, b), Math.max(a, b)];
      for (
        const axis of [
          linearAxis({ unit: "seconds", minimum, maximum }),
          logAxis({ unit: "seconds", minimum, maximum }),
        ]
      ) {
        const [low, high] = axis.domain;
        assert.ok(
          low < high && low <= minimum * (1 + 1e-9) && high >= maximum * (1 - 1e-9),
          `${axis.domain}`,
        );
        assert.ok(axis.ticks.length >= 2 && axis.ticks.length <= 12, `${axis.ticks}`);
        assert.ok(axis.ticks.every((tick) => tick >= low * 0.999 && tick <= high * 1.001));
      }
    }),
    { seed: 3, numRuns: 500 },
  );
});

Deno.test("timeTicks() names clock times of the zone that neither touch nor hang over", () => {
  const zones = ["UTC", "Asia/Taipei", "Asia/Kolkata", "America/New_York"];
  fc.assert(
    fc.property(
      fc.integer({ min: 1.6e9, max: 1.8e9 }),
      fc.double({ min: 10, max: 3e6, noNaN: true }),
      fc.integer({ min: 150, max: 900 }),
      fc.constantFrom(...zones),
      (startSeconds, length, widthPixels, timeZone) => {
        const span = { startSeconds, endSeconds: startSeconds + length };
        const ticks = timeTicks(span, { timeZone, widthPixels, fontSize: 11 });
        assert.ok(ticks.length <= 7, `${ticks.length}`);
        const place = (time: number) => ((time - startSeconds) / length) * widthPixels;
        ticks.forEach((tick, index) => {
          const half = textWidth(tick.label, 11) / 2;
          assert.ok(
            place(tick.timeSeconds) - half >= -1 && place(tick.timeSeconds) + half <= widthPixels + 1,
          );
          const next = ticks[index + 1];
          if (next !== undefined) assert.ok(place(next.timeSeconds) - place(tick.timeSeconds) >= 2 * half);
        });
      },
    ),
    { seed: 5, numRuns: 400 },
  );
});

Deno.test("timeTicks() have two labels at least wherever two have room", () => {
  for (const length of [30, 60, 90, 104, 120, 147, 200, 300, 900, 1800, 3600, 7200, 86400, 100_000]) {
    for (const widthPixels of [150, 190, 215, 260, 300, 600]) {
      for (let shift = 0; shift < 120; shift += 7) {
        const startSeconds = 1795492800 + shift;
        const span = { startSeconds, endSeconds: startSeconds + length };
        const ticks = timeTicks(span, { timeZone: "UTC", widthPixels, fontSize: 10.5 });
        const [first, last] = [ticks[0], ticks.at(-1)];
        assert.ok(
          first !== undefined && last !== undefined && first !== last,
          `${length} ${widthPixels} ${shift}`,
        );
        const apart = ((last.timeSeconds - first.timeSeconds) / length) * widthPixels;
        assert.ok(apart > textWidth(first.label, 10.5), `${length} ${widthPixels} ${shift}`);
      }
    }
  }
});

Deno.test("timeTicks() stand at round times of the zone", () => {
  // 04:00:00Z is 09:30 in Kolkata: half-hour zones have their own round times.
  const span = { startSeconds: 1795492800, endSeconds: 1795492800 + 7200 };
  const labels = (timeZone: string) =>
    timeTicks(span, { timeZone, widthPixels: 300, fontSize: 11 }).map((tick) => tick.label);
  assert.deepEqual(labels("UTC"), ["04:30", "05:00", "05:30"]);
  assert.deepEqual(labels("Asia/Kolkata"), ["10:00", "10:30", "11:00"]);
});

Deno.test("zone names and spans say the offset", () => {
  assert.equal(zoneOffsetName(1795492800, "Asia/Taipei"), "UTC+08:00");
  assert.equal(zoneOffsetName(1795492800, "UTC"), "UTC");
  assert.equal(zoneOffsetSeconds(1795492800, "America/New_York"), -5 * 3600);
  assert.equal(zoneOffsetSeconds(1781000000, "America/New_York"), -4 * 3600);
  assert.equal(clockTime(1795492800, "Asia/Taipei"), "12:00:00");
  assert.equal(
    spanName({ startSeconds: 1795492800, endSeconds: 1795492800 + 50000 }, "Asia/Taipei"),
    "2026-11-24 12:00:00–2026-11-25 01:53:20 UTC+08:00",
  );
});
