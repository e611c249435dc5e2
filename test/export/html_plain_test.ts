import assert from "node:assert/strict";
import { isPlainHtml, withScrollingTables } from "../../src/export/html_plain.ts";
import { renderTable } from "../../src/report/table.ts";

Deno.test("isPlainHtml() knows the lab's own tables, whatever they hold", () => {
  const { html } = renderTable(
    [{ title: "<b>" }, { title: "n", numeric: true }],
    [[`<script>alert(1)</script>"'&`, "1"]],
    { caption: "a > b", notes: ["<i>"] },
  );
  assert.ok(isPlainHtml(html));
  assert.ok(isPlainHtml(""));
  assert.ok(isPlainHtml("text &lt; more<br><p>x</p>"));
});

for (
  const html of [
    `<script>alert(1)</script>`,
    `<p onclick="alert(1)">x</p>`,
    `<p style="background:url(http://x)">x</p>`,
    `<p style="position:fixed">x</p>`,
    `<p style="min-width:999em">x</p>`,
    `<p id="hide-code">x</p>`,
    `<a href="http://x">x</a>`,
    `<img src=x onerror=alert(1)>`,
    `<iframe srcdoc="x"></iframe>`,
    `<style>p{}</style>`,
    `<svg><script></script></svg>`,
    `<p>not closed`,
    `closed only</div></div>`,
    `<b><i>crossed</b></i>`,
    `<P>capitals</P>`,
    `<p\u0000>x</p>`,
    `<p/onclick=alert(1)>x</p>`,
    `<p title="a>b">x</p>`,
    `<!-- comment -->`,
    `<p`,
    `a > b`,
    `</p onclick="x">`,
  ]
) {
  Deno.test(`isPlainHtml() refuses ${JSON.stringify(html)}`, () => assert.equal(isPlainHtml(html), false));
}

Deno.test("withScrollingTables() gives each table a box", () => {
  assert.equal(
    withScrollingTables(`<table><tr></tr></table><p>x</p><table class="a"></table>`),
    `<div class="scroll" tabindex="0"><table><tr></tr></table></div><p>x</p><div class="scroll" tabindex="0"><table class="a"></table></div>`,
  );
});
