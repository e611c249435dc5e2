import assert from "node:assert/strict";
import { parseHTML } from "linkedom";
import { LARGEST_PAGE_BYTES, notebookPage } from "../../src/export/html.ts";
import { bundleOf } from "../../src/notebook/displayable.ts";
import { renderTable } from "../../src/report/table.ts";
import type { Notebook, NotebookCell, NotebookOutput } from "../../src/formats/notebook.ts";

const EVIL = `<script>alert(1)</script><img src=x onerror=alert(2)>"'&`;

function code(
  source: string,
  outputs: readonly NotebookOutput[] = [],
  executionCount: number | null = 1,
): NotebookCell {
  return { kind: "code", id: "a", source, metadata: {}, outputs, executionCount };
}

function prose(source: string): NotebookCell {
  return { kind: "markdown", id: "m", source, metadata: {} };
}

function shown(data: Record<string, string>): NotebookOutput {
  return { kind: "display_data", metadata: {}, data };
}

function notebook(...cells: readonly NotebookCell[]): Notebook {
  return { cells, metadata: {} };
}

async function dom(cells: readonly NotebookCell[], options = {}) {
  const text = await notebookPage(notebook(...cells), options);
  return { text, document: parseHTML(text).document };
}

Deno.test("notebookPage() escapes whatever text an output, an error or a cell holds", async () => {
  const { document } = await dom([
    prose(`# ${EVIL}\n\nText ${EVIL}\n\n[link](javascript:alert(3)) ![x](http://evil.example/x.png)`),
    code(`const a = "${EVIL}";`, [
      { kind: "stream", name: "stdout", text: EVIL },
      { kind: "error", name: EVIL, message: EVIL, traceback: [EVIL] },
      shown({ "text/plain": EVIL }),
      shown({ "text/markdown": EVIL, "text/plain": "" }),
      shown({ "image/png": `"><script>alert(1)</script>`, "text/plain": EVIL }),
      shown({ "image/svg+xml": `<svg onload="alert(1)"><text>"></text></svg>`, "text/plain": EVIL }),
    ]),
  ]);
  const scripts = [...document.querySelectorAll("script")].map((script) => script.textContent);
  assert.equal(scripts.length, 1, "only the page's own script");
  assert.match(scripts[0] ?? "", /^addEventListener\("message"/);
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      assert.ok(!name.startsWith("on"), `${element.localName} has ${name}`);
      if (name === "src" || name === "href") assert.match(value, /^(data:image\/|#|https?:)/);
    }
  }
  assert.equal([...document.querySelectorAll("img")].length, 2);
  assert.equal(document.querySelector("pre.stdout")?.textContent, EVIL);
  assert.equal(document.querySelector("pre.error")?.textContent, EVIL);
});

Deno.test("notebookPage() says above a run of one's own that the text speaks of another", async () => {
  const cells = notebook();
  const own = await notebookPage(cells, { note: "2026-01-05 <b>" });
  assert.match(own, /<main><p class="note">The outputs on this page are of a run of 2026-01-05 &lt;b&gt;\./);
  assert.doesNotMatch(await notebookPage(cells), /class="note"/);
});

Deno.test("notebookPage() asks for nothing from outside and says so in its policy", async () => {
  const { text, document } = await dom([prose("# A"), code("1;")]);
  const policy =
    document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute("content") ?? "";
  assert.match(policy, /^default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-/);
  assert.doesNotMatch(policy, /script-src[^;]*'unsafe-inline'/);
  assert.doesNotMatch(text, /<link\b|<script src|@import|url\(/);
});

Deno.test("notebookPage() names the hash of its own script in its policy", async () => {
  const { document } = await dom([code("1;")]);
  const script = document.querySelector("script")?.textContent ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
  assert.ok(policy.includes(`'sha256-${new Uint8Array(digest).toBase64()}'`));
});

Deno.test("notebookPage() puts HTML into a sandboxed frame and allows its scripts by hash, also nested ones", async () => {
  const inner = `<script>inner()</script>`;
  const html = `<b>"x" & y</b><script>outer()</script><iframe srcdoc="${
    inner.replaceAll('"', "&quot;")
  }"></iframe>`;
  const { document } = await dom([code("1;", [shown({ "text/html": html, "text/plain": "a table" })])]);
  const frame = document.querySelector("iframe");
  assert.equal(frame?.getAttribute("sandbox"), "allow-scripts");
  assert.equal(frame?.getAttribute("title"), "a table");
  assert.ok(frame?.getAttribute("srcdoc")?.includes(html));
  const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
  for (const script of ["outer()", "inner()"]) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
    assert.ok(policy.includes(new Uint8Array(digest).toBase64()), script);
  }
});

Deno.test("notebookPage() shows the SVG of a picture as an image of its own width, with its title", async () => {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 320"><text fill="#fff">50% µ</text></svg>`;
  const { document } = await dom([
    code("1;", [shown({ "image/svg+xml": svg, "image/png": "AQID", "text/plain": "Load" })]),
  ]);
  const image = document.querySelector("img");
  assert.equal(image?.getAttribute("width"), "720");
  assert.equal(image?.getAttribute("alt"), "Load");
  const address = image?.getAttribute("src") ?? "";
  assert.ok(address.startsWith("data:image/svg+xml;charset=utf-8,"));
  assert.equal(decodeURIComponent(address.slice(address.indexOf(",") + 1)), svg);
});

Deno.test("notebookPage() keeps folded answers, tables and attachments of prose", async () => {
  const cell: NotebookCell = {
    kind: "markdown",
    id: "m",
    source:
      "<details>\n<summary>Answer</summary>\n\n42\n\n</details>\n\n|a|b|\n|-|-|\n|1|2|\n\n![p](attachment:p.png)",
    metadata: {},
    attachments: { "p.png": { "image/png": "AQ\nID" } },
  };
  const { document } = await dom([cell]);
  assert.equal(document.querySelector("details summary")?.textContent, "Answer");
  assert.equal(document.querySelectorAll("td").length, 2);
  assert.equal(document.querySelector("img")?.getAttribute("src"), "data:image/png;base64,AQID");
});

Deno.test("notebookPage() lists its sections, in the language that is asked for", async () => {
  const { document } = await dom([prose("# Lab"), prose("## One"), prose("## Two `x`"), prose("## Three")], {
    language: "zh-TW",
    note: "模擬",
  });
  assert.equal(document.documentElement.getAttribute("lang"), "zh-TW");
  assert.equal(document.title, "Lab");
  assert.equal(document.querySelector("nav strong")?.textContent, "目錄");
  const links = [...document.querySelectorAll("nav a")];
  assert.deepEqual(links.map((link) => link.textContent), ["One", "Two x", "Three"]);
  for (const link of links) {
    assert.ok(document.getElementById((link.getAttribute("href") ?? "").slice(1)), "the link has a target");
  }
  assert.equal(document.querySelector("footer")?.textContent, "模擬");
});

Deno.test("notebookPage() says of a cell that it was not run", async () => {
  const { document } = await dom([code("1;", [], null)]);
  assert.equal(document.querySelector(".note")?.textContent, "not run");
});

Deno.test("notebookPage() leaves large HTML outputs out rather than be too large", async () => {
  const large = shown({ "text/html": "x".repeat(2_000_000), "text/plain": "in short" });
  const text = await notebookPage(notebook(code("1;", [large, large])));
  assert.ok(text.length < LARGEST_PAGE_BYTES);
  assert.match(text, /An output of 1.91 MiB is left out of this page/);
  assert.match(text, /in short/);
});

Deno.test("notebookPage() shows a table as the notebook shows it, in the page and not in a frame", async () => {
  const table = renderTable([{ title: "a" }, { title: "b", numeric: true }], [["x", "1"]], { notes: ["n"] });
  const { document } = await dom([code("1;", [shown(await bundleOf(table))])]);
  assert.equal(document.querySelector("iframe"), null);
  assert.equal(document.querySelectorAll(".output .scroll > table, .table .scroll > table").length, 1);
});

Deno.test("notebookPage() gives the same page for the same notebook", async () => {
  const cells = [prose("# A"), code("1;", [shown({ "text/html": "<b>x</b>" })])];
  assert.equal(await notebookPage(notebook(...cells)), await notebookPage(notebook(...cells)));
});
