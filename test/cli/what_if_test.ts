import assert from "node:assert/strict";
import { whatIfRate, whatIfSettings } from "../../src/cli/what_if.ts";

Deno.test("whatIfSettings() reads settings by vLLM's names, and names those it knows when it refuses one", () => {
  assert.deepEqual(whatIfSettings("max-num-seqs=256"), {
    written: "max-num-seqs=256",
    limits: { maxNumSequences: 256 },
  });
  assert.deepEqual(whatIfSettings("--max-num-seqs = 4, max-num-batched-tokens=8192"), {
    written: "max-num-seqs=4,max-num-batched-tokens=8192",
    limits: { maxNumSequences: 4, maxBatchedTokens: 8192 },
  });
  for (const text of ["", "256", "max-num-seqs", "max-num-seqs=0", "max-num-seqs=-1", "toString=3", "a=1"]) {
    assert.throws(() => whatIfSettings(text), /known are max-num-seqs, max-num-batched-tokens/, text);
  }
});

Deno.test("whatIfRate() takes what an engine could serve", () => {
  assert.equal(whatIfRate("12.5"), 12.5);
  for (const text of ["0", "-1", "1e9", "many", ""]) {
    assert.throws(() => whatIfRate(text), /wanted requests a second, 0.05 to 10000/, text);
  }
});
