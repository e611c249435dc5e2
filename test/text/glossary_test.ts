/** One term for one thing in Traditional Chinese, in what the lab says, and in the notebook's own text. */
import assert from "node:assert/strict";
import { EVIDENCE } from "../../src/analyzer/evidence.ts";
import { QUANTITIES } from "../../src/catalog/quantities.ts";
import { isJsonObject } from "../../src/formats/json.ts";
import { formulaText } from "../../src/text/formulas.ts";

const PROJECT = new URL("../../", import.meta.url);

/** What is not said, and what is said for it. */
const LOSING: readonly (readonly [RegExp, string])[] = [
  [/客戶端|客户端/, "用戶端"],
  [/首個|首 token/, "第一個"],
  [/運行/, "執行"],
  [/視窗|窗口/, "時間窗"],
  [/當前/, "目前"],
  [/重置|重設/, "歸零"],
  [/(?<!分)桶/, "分桶"],
  [/切斷/, "中斷"],
  [/佔/, "占"],
  [/數據/, "資料、數字"],
  [/進程|線程/, "行程、執行緒"],
  [/預填(?!充)/, "預填充"],
  [/排隊時間/, "佇列時間"],
  [/超時/, "逾時"],
  [/(?<!扮演使用者)送使用者/, "扮演使用者送出請求"],
  [/ \((?:模擬|\$\{text\.simulated\})\)/, "（模擬）"],
  [
    /緩存|內存|服務器|網絡|信息|默認|文件夾|質量|采樣|採樣|並發|併發/,
    "快取、記憶體、伺服器、網路、資訊、預設、資料夾、品質、取樣、並行",
  ],
];

/** Marks half as wide as the characters beside them; colons of times and of code have none beside them. */
const HALF_WIDTH = /[\u4e00-\u9fff」）] ?[,:;?!(]|[,:;?!)][\u4e00-\u9fff「（]/;

async function spokenTexts(): Promise<readonly (readonly [string, string])[]> {
  const texts: [string, string][] = [];
  for await (const entry of Deno.readDir(new URL("src/text/", PROJECT))) {
    if (!/_zh_tw\.ts$|^notebook_page\.ts$|^formulas\.ts$|^facts\.ts$/.test(entry.name)) continue;
    const lines = (await Deno.readTextFile(new URL(`src/text/${entry.name}`, PROJECT))).split("\n");
    lines.forEach((line, index) => texts.push([`src/text/${entry.name}:${index + 1}`, line]));
  }
  for await (const entry of Deno.readDir(new URL("notebooks/zh-TW/", PROJECT))) {
    if (!entry.name.endsWith(".ipynb")) continue;
    const file: unknown = JSON.parse(
      await Deno.readTextFile(new URL(`notebooks/zh-TW/${entry.name}`, PROJECT)),
    );
    const cells = typeof file === "object" && file !== null && "cells" in file ? file.cells : [];
    assert.ok(Array.isArray(cells) && cells.length > 0, entry.name);
    cells.forEach((cell, index) => {
      const source = isJsonObject(cell) ? cell["source"] : undefined;
      const lines = Array.isArray(source) ? source.map(String) : [String(source)];
      for (const line of lines) texts.push([`${entry.name}, cell ${index + 1}`, line]);
    });
  }
  return texts;
}

Deno.test("the Chinese texts have one term for one thing", async () => {
  const wrong = (await spokenTexts()).flatMap(([where, text]) =>
    LOSING.filter(([pattern]) => pattern.test(text)).map(([pattern, term]) =>
      `${where}: ${pattern.exec(text)?.[0]}, wanted ${term}: ${text.trim()}`
    )
  );
  assert.deepEqual(wrong, []);
});

/** Contents of string literals, without what is put into them. */
function literalsOf(code: string): readonly string[] {
  return [...code.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\$]|\\.|\$(?!\{)|\$\{[^}]*\})*)`/g)]
    .map((match) => (match[1] ?? match[2] ?? "").replace(/\$\{[^}]*\}/g, "0"));
}

Deno.test("literalsOf() finds what is said, and half-width marks in it are found", () => {
  const code = 'const X = { a: (x) => `目標: ${x}`, b: "甲,乙", c: "請求 (模擬)", d: "請求（模擬）：${1}" };';
  const found = literalsOf(code);
  assert.deepEqual(found, ["目標: 0", "甲,乙", "請求 (模擬)", "請求（模擬）：0"]);
  assert.deepEqual(found.map((text) => HALF_WIDTH.test(text)), [true, true, true, false]);
});

Deno.test("the Chinese texts of the lab have Chinese marks", async () => {
  const wrong: string[] = [];
  for await (const entry of Deno.readDir(new URL("src/text/", PROJECT))) {
    if (!/_zh_tw\.ts$/.test(entry.name)) continue;
    const code = await Deno.readTextFile(new URL(`src/text/${entry.name}`, PROJECT));
    wrong.push(
      ...literalsOf(code).filter((text) => HALF_WIDTH.test(text)).map((text) => `${entry.name}: ${text}`),
    );
  }
  assert.deepEqual(wrong, []);
});

Deno.test("formulaText() leaves names of functions and quantities only", () => {
  const names = new Set([
    ...Object.keys(QUANTITIES),
    ..."max avg min quantile histogram_quantile increase delta sum mean events w c0 c1 c2 count".split(" "),
    ..."scrape_failed local_compute source token TTFT GPU num_gpu_blocks block_size".split(" "),
  ]);
  for (const { formula } of Object.values(EVIDENCE)) {
    const words = formulaText(formula, "zh-TW").match(/[A-Za-z_][A-Za-z_0-9]*/g) ?? [];
    assert.deepEqual(words.filter((word) => !names.has(word)), [], formula);
    assert.equal(formulaText(formula, "en"), formula);
  }
});
