import assert from "node:assert/strict";
import {
  csvField,
  escapeHtml,
  escapeMarkdown,
  escapeTerminal,
  escapeXml,
  scriptJson,
  shortenMiddle,
  stripControls,
} from "../../src/base/escape.ts";

Deno.test("stripControls() removes what XML forbids and what reorders text", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["a\u0007b\u0000c", "abc"],
    ["tab\tand\nline", "tab\tand\nline"],
    ["\u202eevil\u202c", "evil"],
    ["half \ud83d surrogate", "half  surrogate"],
    ["whole 😀 pair", "whole 😀 pair"],
    ["zero\u200bwidth\ufeff", "zerowidth"],
    ["\u001b[31mred\u001b[0m", "[31mred[0m"],
    ["\u009b31m", "31m"],
  ];
  for (const [input, expected] of rows) assert.equal(stripControls(input), expected);
});

Deno.test("escapeXml() and escapeHtml() leave no markup in text and attributes", () => {
  const hostile = `"><script>alert('x')</script>&`;
  const safe = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";
  assert.equal(escapeXml(hostile), safe);
  assert.equal(escapeHtml(hostile), safe);
});

Deno.test("scriptJson() cannot end a script element and parses back", () => {
  const value = { label: "</script><!--", line: "a\u2028b", amount: 1.5 };
  const text = scriptJson(value);
  assert.ok(!/[<>\u2028]/.test(text));
  assert.deepEqual(JSON.parse(text), value);
  assert.equal(scriptJson(undefined), "null");
});

Deno.test("escapeMarkdown() makes links, tables, code and mathematics plain", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["[x](javascript:1)|`c`", "\\[x\\](javascript:1)\\|\\`c\\`"],
    ["<b>$e$\nnew", "&lt;b&gt;\\$e\\$ new"],
    ["![a](b)", "!\\[a\\](b)"],
    ["*a* _b_ a_b_c __x__", "\\*a\\* \\_b\\_ a_b_c \\_\\_x\\_\\_"],
    ["# title", "\\# title"],
    ["- item", "\\- item"],
    ["1. item", "1\\. item"],
    ["81.7%", "81.7%"],
    ["---", "\\---"],
    ["2026-11-25T03:19:45Z (12.5 s)", "2026-11-25T03:19:45Z (12.5 s)"],
    [
      "see http://evil.example, www.evil.example, a@b.example",
      "see http\\://evil.example, www\\.evil.example, a\\@b.example",
    ],
    ["a\\b", "a\\\\b"],
    ["&lt;b&gt;", "&amp;lt;b&amp;gt;"],
  ];
  for (const [input, expected] of rows) assert.equal(escapeMarkdown(input), expected);
});

Deno.test("escapeMarkdown() shows as the text itself when a renderer reads it", async () => {
  const { marked } = await import("marked");
  for (
    const text of [
      "[x](javascript:1)|`c`",
      "__init__ a_b *c* ~~d~~",
      "1. x # y",
      "http://evil.example",
      "![a](b) &lt;b&gt;",
    ]
  ) {
    const html = await marked.parse(escapeMarkdown(text), { gfm: true });
    const shown = html.replace(/^<p>|<\/p>\n$/g, "");
    assert.ok(!/<[a-z]/i.test(shown), `${text} became ${html}`);
  }
});

Deno.test("csvField() quotes by RFC 4180 and disarms formulas", () => {
  const rows: readonly (readonly [string | number | undefined, string])[] = [
    [undefined, ""],
    [-1.5, "-1.5"],
    ["plain", "plain"],
    ['a "b", c', '"a ""b"", c"'],
    ["two\nlines", '"two\nlines"'],
    ["=1+1", "'=1+1"],
    ["-cmd", "'-cmd"],
  ];
  for (const [input, expected] of rows) assert.equal(csvField(input), expected);
});

Deno.test("escapeTerminal() leaves one line without escape sequences", () => {
  assert.equal(escapeTerminal("a\u001b]0;title\u0007\r\nb\u202ec"), "a]0;title bc");
});

Deno.test("shortenMiddle() keeps both ends", () => {
  assert.equal(
    shortenMiddle("meta-llama/Llama-4-Scout-17B-16E-Instruct-FP8", 31),
    "meta-llama/Llam…6E-Instruct-FP8",
  );
  assert.equal(shortenMiddle("short", 9), "short");
  assert.equal([...shortenMiddle("中文的很長的一個模型名稱", 5)].length, 5);
  assert.equal(shortenMiddle("abc", 0), "");
});
