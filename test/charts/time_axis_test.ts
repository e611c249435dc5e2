import assert from "node:assert/strict";
import { clockTimeFrom, shortSpanName, timeTicks } from "../../src/charts/time_axis.ts";

const at = (text: string) => Date.parse(text) / 1000;

Deno.test("shortSpanName() has both days where midnight of the zone lies between", () => {
  const span = { startSeconds: at("2026-11-25T15:50:00Z"), endSeconds: at("2026-11-25T16:10:00Z") };
  assert.equal(shortSpanName(span, "UTC"), "15:50:00–16:10:00 UTC");
  assert.equal(shortSpanName(span, "Asia/Taipei"), "2026-11-25 23:50:00–2026-11-26 00:10:00 UTC+08:00");
});

Deno.test("clockTimeFrom() has the day of a time on another one than the reference's", () => {
  const [evening, morning] = [at("2026-11-24T23:59:00Z"), at("2026-11-25T00:01:00Z")];
  assert.equal(clockTimeFrom(evening, morning, "UTC"), "2026-11-24 23:59:00");
  assert.equal(clockTimeFrom(morning, morning, "UTC"), "00:01:00");
  assert.equal(clockTimeFrom(evening, morning, "Asia/Taipei"), "07:59:00");
});

Deno.test("timeTicks() has the day at midnight of the zone where a span has two", () => {
  // 23:58 to 00:02 in Taipei.
  const startSeconds = Date.UTC(2026, 0, 5, 15, 58) / 1000;
  const labels = (span: { startSeconds: number; endSeconds: number }, timeZone: string) =>
    timeTicks(span, { timeZone, widthPixels: 600, fontSize: 10 }).map(({ label }) => label);
  const span = { startSeconds: startSeconds - 10, endSeconds: startSeconds + 250 };
  assert.deepEqual(labels(span, "Asia/Taipei"), ["23:58", "23:59", "01-06", "00:01", "00:02"]);
  assert.deepEqual(labels(span, "UTC"), ["15:58", "15:59", "16:00", "16:01", "16:02"]);
  // Seconds, and a span of hours.
  assert.ok(labels({ ...span, startSeconds: startSeconds + 100 }, "Asia/Taipei").includes("01-06"));
  assert.ok(
    labels({ startSeconds: startSeconds - 40_000, endSeconds: startSeconds + 40_000 }, "Asia/Taipei")
      .includes("01-06"),
  );
});
