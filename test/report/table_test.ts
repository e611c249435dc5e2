import assert from "node:assert/strict";
import { renderTable } from "../../src/report/table.ts";

Deno.test("renderTable() escapes cells in HTML and control characters in text when a server sent them", () => {
  const table = renderTable([{ title: "a" }], [["<script>\u001b[31m"]]);
  assert.ok(table.html.includes("&lt;script&gt;"));
  assert.ok(!table.html.includes("<script>"));
  assert.ok(!table.text.includes("\u001b"));
});

Deno.test("renderTable() lines columns up when cells differ in width", () => {
  const table = renderTable([{ title: "name" }, { title: "n", numeric: true }], [["x", "1"], [
    "longer",
    "10",
  ]]);
  assert.equal(table.text, ["name     n", "x        1", "longer  10"].join("\n"));
});

Deno.test("renderTable() counts wide characters as two columns when lining up", () => {
  const table = renderTable([{ title: "名" }, { title: "n" }], [["記憶體", "1"], ["x", "2"]]);
  assert.equal(table.text, ["名      n", "記憶體  1", "x       2"].join("\n"));
});

Deno.test("renderTable() leaves missing cells empty when a row is short", () => {
  assert.equal(
    renderTable([{ title: "a" }, { title: "b" }], [["1"]], { notes: ["more"] }).text,
    "a  b\n1\nmore",
  );
});

Deno.test("renderTable() leaves words in HTML room for two or three, and what is short its own width", () => {
  const { html } = renderTable([{ title: "load" }, { title: "short" }, { title: "n", numeric: true }], [
    ["150 requests, 32 at once, of two kinds", "two", "7"],
  ]);
  const least = [...html.matchAll(/<td style="([^"]*)"/g)].map(([, style]) =>
    /min-width:(\d+)em/.exec(style!)?.[1]
  );
  assert.deepEqual(least, ["9", "2", undefined]);
});
