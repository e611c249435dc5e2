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
        env: replayEnvironment(SMALL_LAB, directory),
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

Deno.test("replayEnvironment() takes the reader's own server away and follows the edition's language", () => {
  const variables = replayEnvironment("/x/notebooks/zh-TW/lab.ipynb", "/tmp/out");
  assert.equal(variables["LAB_LANG"], "zh-TW");
  assert.equal(variables["LAB_URL"], "");
  assert.equal(replayEnvironment("/x/notebooks/lab.ipynb", "/tmp/out")["LAB_LANG"], "en");
});
