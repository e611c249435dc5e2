import assert from "node:assert/strict";
import type { Cause } from "../../src/base/cause.ts";
import { CAUSES_EN } from "../../src/text/causes_en.ts";
import { CAUSES_ZH_TW } from "../../src/text/causes_zh_tw.ts";
import { causeSentence } from "../../src/text/causes.ts";
import type { CauseCode } from "../../src/base/cause.ts";

Deno.test("causeSentence() quotes parameters and keeps those it does not quote", () => {
  const rows: readonly (readonly [Cause, string, string])[] = [
    [
      { code: "gpu_library_not_found", params: { library: "libnvidia-ml.so.1" } },
      "no GPU: libnvidia-ml.so.1 not found",
      "沒有 GPU：找不到 libnvidia-ml.so.1",
    ],
    [
      { code: "http_status", params: { status: 503 } },
      "the server answered with status 503",
      "伺服器回應的狀態碼是 503",
    ],
    [{ code: "timeout", params: { timeoutSeconds: 5 } }, "no answer within 5 s", "5 秒內沒有回應"],
    [
      { code: "quantity_removed", params: { name: "a", lastSeenIn: "0.8.5", version: "0.32.0" } },
      "a was removed after 0.8.5, this is 0.32.0",
      "a 已在 0.8.5 之後移除，目前是 0.32.0",
    ],
    [{ code: "timeout" }, "no answer within the time allowed", "時限內沒有回應"],
    [
      { code: "gpu_none", params: { driver: "580.95" } },
      "no GPU in this machine (driver 580.95)",
      "這台機器沒有 GPU（driver 580.95）",
    ],
    [
      { code: "quantity_not_exposed", params: { quantity: "iteration_tokens" } },
      "this server has no metric for tokens per step",
      "這個伺服器沒有提供「每步驟的 token 數」",
    ],
    [
      { code: "no_data", params: { quantity: "kv_cache_usage" } },
      "no data in this time for KV cache usage",
      "這段時間沒有「KV 快取使用率」的資料",
    ],
    [
      { code: "quantity_not_exposed", params: { quantity: "of_no_catalog" } },
      "this server has no metric for of_no_catalog",
      "這個伺服器沒有提供 of_no_catalog",
    ],
  ];
  for (const [cause, english, chinese] of rows) {
    assert.equal(causeSentence(cause, "en"), english);
    assert.equal(causeSentence(cause, "zh-TW"), chinese);
  }
});

Deno.test("causeSentence() makes a whole phrase of every code without parameters", () => {
  const codes = Object.keys(CAUSES_EN).filter((code): code is CauseCode => code in CAUSES_ZH_TW);
  assert.equal(codes.length, Object.keys(CAUSES_ZH_TW).length);
  for (const code of codes) {
    for (const language of ["en", "zh-TW"] as const) {
      const sentence = causeSentence({ code }, language);
      assert.ok(sentence.length > 3, code);
      assert.doesNotMatch(sentence, /undefined| {2}|\s$|[.。]$/, `${code}: ${sentence}`);
    }
    assert.match(causeSentence({ code }, "zh-TW"), /[\u4e00-\u9fff]/, code);
  }
});
