import assert from "node:assert/strict";
import { clocks, rangeWords, timeLabels } from "../../src/live/page/axes.js";

const seconds = (text: string) => Date.parse(text) / 1000;
const range = (from: string, to: string) => ({ startSeconds: seconds(from), endSeconds: seconds(to) });

Deno.test("rangeWords() names the days wherever a time of the day says too little", () => {
  const utc = clocks("UTC");
  const day = range("2026-11-25T00:10:00Z", "2026-11-25T23:00:00Z");
  const night = range("2026-11-24T23:00:00Z", "2026-11-25T02:00:00Z");
  const words = (from: string, to: string, held: typeof day) => rangeWords(range(from, to), utc, held);
  assert.equal(words("2026-11-25T04:00:00Z", "2026-11-25T04:05:00Z", day), "04:00:00–04:05:00");
  // One day of a page that holds two; and midnight within.
  assert.equal(words("2026-11-25T01:00:00Z", "2026-11-25T01:05:00Z", night), "2026-11-25 01:00:00–01:05:00");
  assert.equal(
    words("2026-11-24T23:50:00Z", "2026-11-25T00:10:00Z", night),
    "2026-11-24 23:50:00–2026-11-25 00:10:00",
  );
  assert.equal(
    words("2026-11-20T04:00:00Z", "2026-11-23T04:00:00Z", night),
    "2026-11-20 04:00:00–2026-11-23 04:00:00",
  );
  // Midnight is that of the reader's zone: 16:00 UTC in Taipei.
  const taipei = clocks("Asia/Taipei");
  const evening = range("2026-11-25T15:50:00Z", "2026-11-25T16:10:00Z");
  assert.equal(rangeWords(evening, taipei, evening), "2026-11-25 23:50:00–2026-11-26 00:10:00");
});

Deno.test("timeLabels() has the day below the first tick of each, where there are several", () => {
  const utc = clocks("UTC");
  const ticks = ["23:50", "23:55"].map((time) => seconds(`2026-11-24T${time}:00Z`));
  assert.deepEqual(timeLabels(ticks, 300, utc), ["23:50", "23:55"]);
  const over = [...ticks, ...["00:00", "00:05"].map((time) => seconds(`2026-11-25T${time}:00Z`))];
  assert.deepEqual(timeLabels(over, 300, utc), ["23:50\n11-24", "23:55", "00:00\n11-25", "00:05"]);
  assert.deepEqual(timeLabels(over.slice(1, 3), 10, utc), ["23:55:00\n11-24", "00:00:00\n11-25"]);
  assert.deepEqual(timeLabels([], 300, utc), []);
});
