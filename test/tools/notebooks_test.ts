import assert from "node:assert/strict";
import { LARGEST_PAGE_BYTES, notebookPage } from "../../src/export/html.ts";
import { parseNotebook } from "../../src/formats/notebook.ts";
import { checkNotebooks } from "../../tools/check_notebook.ts";
import { replayEnvironment } from "../../tools/notebooks.ts";
import { runNotebook } from "../../tools/run_notebook.ts";
import { fileURLToPath } from "node:url";

const SMALL_LAB = fileURLToPath(new URL("../fixtures/notebooks/small_lab.ipynb", import.meta.url));

Deno.test("a replayed notebook is the same twice, passes the check and makes a small page", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const texts = [];
    for (const name of ["first", "second"]) {
      const run = await runNotebook(SMALL_LAB, {
        out: `${directory}/${name}.ipynb`,
        env: replayEnvironment(directory),
        timeoutSeconds: 60,
      });
      assert.equal(run.failure, undefined, JSON.stringify(run.failure));
      texts.push(await Deno.readTextFile(run.path));
    }
    const [first = "", second] = texts;
    assert.equal(first, second);
    const [check] = await checkNotebooks([`${directory}/first.ipynb`]);
    assert.deepEqual(check?.problems, []);
    const notebook = parseNotebook(first);
    const shown = notebook.cells.flatMap((cell) => cell.kind === "code" ? [cell.outputs.length] : []);
    assert.deepEqual(shown, [0, 0, 1, 1, 1]);
    assert.ok((await notebookPage(notebook)).length < LARGEST_PAGE_BYTES);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("replayEnvironment() takes the reader's own server and language away", () => {
  const variables = replayEnvironment("/tmp/out");
  assert.equal(variables["LAB_LANG"], "");
  assert.equal(variables["LAB_URL"], "");
});

Deno.test("the lab's notebooks have the same code in every language, but for the language itself", async () => {
  const [english, ...others] = await Promise.all(
    ["lab.ipynb", "zh-TW/lab.ipynb"].map(async (name) =>
      parseNotebook(await Deno.readTextFile(new URL(`../../notebooks/${name}`, import.meta.url)))
    ),
  );
  assert.ok(english !== undefined && others.length === 1);
  const LANGUAGE = /^const language = "(.*)";$/m;
  for (const other of others) {
    assert.deepEqual(
      other.cells.map(({ id, kind, metadata }) => ({ id, kind, metadata })),
      english.cells.map(({ id, kind, metadata }) => ({ id, kind, metadata })),
    );
    for (const [index, cell] of other.cells.entries()) {
      const original: string = english.cells[index]?.source ?? "";
      if (cell.kind === "code") {
        assert.equal(cell.source.replace(LANGUAGE, ""), original.replace(LANGUAGE, ""));
      } else assert.notEqual(cell.source, original, `${cell.id} is not translated`);
    }
  }
  const languages = [english, ...others].map(({ cells }) => cells.map(({ source }) => source).join("\n"))
    .map((text) => LANGUAGE.exec(text)?.[1]);
  assert.deepEqual(languages, ["en", "zh-TW"]);
});

Deno.test("what is looked at and analyzed in the lab stays the same however long one reads: no cell asks the growing collector", async () => {
  const path = new URL("../../notebooks/lab.ipynb", import.meta.url);
  const { cells } = parseNotebook(await Deno.readTextFile(path));
  const at = (id: string) => cells.findIndex((cell) => cell.id === id);
  const between = cells.slice(at("steady") + 1, at("export")).filter(({ kind }) => kind === "code");
  assert.match(cells[at("steady")]?.source ?? "", /^const run = withinSpan\(collector, /m);
  // By default a thousand points: at one a second they are gone after 17 minutes, long before the lab is read.
  assert.match(cells[at("collector")]?.source ?? "", /retentionSeconds: 3 \* 3600/);
  assert.ok(between.length >= 10);
  const growing = between.filter(({ source }) => /\b(collector|dashboard)\b/.test(source)).map(({ id }) =>
    id
  );
  assert.deepEqual(growing, []);
});
