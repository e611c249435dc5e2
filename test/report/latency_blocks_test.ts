import assert from "node:assert/strict";
import { quantileText } from "../../src/report/latency_blocks.ts";

Deno.test("quantileText() estimates between two borders and states the one that is known where there is no other", () => {
  const rows: [Parameters<typeof quantileText>[0], string][] = [
    [{ q: 0.5, value: 2.24, lower: 1, upper: 2.5 }, "2.24 s (1 s–2.5 s)"],
    [{ q: 0.5, value: 0.15, lower: 0, upper: 0.3 }, "≤ 300 ms"],
    [{ q: 0.99, value: 80, lower: 80, upper: Infinity }, "> 80 s"],
    [{ q: 0.5, value: 2, lower: 2, upper: 2 }, "2 s"],
    // What the sum leaves of a wide bucket, and no estimate where that is at its end.
    [{ q: 0.95, value: 32.5, lower: 20, upper: 32.5 }, "20 s–32.5 s"],
    [{ q: 0.95, value: 24, lower: 20, upper: 32.5 }, "24 s (20 s–32.5 s)"],
    [{ q: 0.9, value: 0.27, lower: 0.0108, upper: 0.3, isGuess: true }, "10.8 ms–300 ms"],
    [{ q: 0.5, value: NaN, lower: NaN, upper: NaN }, "n/a"],
    [undefined, "n/a"],
  ];
  for (const [found, text] of rows) assert.equal(quantileText(found), text);
});
