import assert from "node:assert/strict";
import { formatNotebook, parseNotebook } from "../../src/formats/notebook.ts";

/** Written by nbformat 5.10.4 (Python), `nbformat.write(nbformat.from_dict(…))`, format 4.5. */
const WRITTEN_BY_NBFORMAT = new URL("../fixtures/notebooks/nbformat.ipynb", import.meta.url);

Deno.test("formatNotebook() writes what nbformat itself writes, byte for byte", async () => {
  const text = await Deno.readTextFile(WRITTEN_BY_NBFORMAT);
  assert.equal(formatNotebook(parseNotebook(text)), text);
});

Deno.test("parseNotebook() joins lists of lines and keeps JSON types", async () => {
  const { cells } = parseNotebook(await Deno.readTextFile(WRITTEN_BY_NBFORMAT));
  const code = cells[1];
  assert.ok(code?.kind === "code");
  assert.equal(code.source, 'say("a");\nsay("b");');
  assert.deepEqual(code.outputs[0], { kind: "stream", name: "stdout", text: "a\nb\n" });
  assert.deepEqual(code.outputs[1], {
    kind: "display_data",
    metadata: {},
    data: {
      "application/json": { b: 1, a: [1, 2] },
      "image/png": "iVBORw0KGgo=\n",
      "image/svg+xml": "<svg>\n</svg>",
      "text/plain": "x",
    },
  });
});

Deno.test("parseNotebook() gives cells ids where they have none or one that is taken", () => {
  const cell = { cell_type: "raw", source: "", metadata: {} };
  const text = JSON.stringify({
    nbformat: 4,
    nbformat_minor: 4,
    metadata: {},
    cells: [cell, { ...cell, id: "a" }, { ...cell, id: "a" }, { ...cell, id: "no spaces" }],
  });
  assert.deepEqual(parseNotebook(text).cells.map(({ id }) => id), ["cell-1", "a", "cell-3", "cell-4"]);
});

Deno.test("parseNotebook() refuses what is no notebook", () => {
  const table: [string, RegExp][] = [
    ["[]", /not a JSON object, wanted nbformat 4/],
    ['{"nbformat":3}', /nbformat is 3, wanted 4/],
    ['{"nbformat":4}', /no list of cells/],
    ['{"nbformat":4,"cells":[1]}', /cell 1 is not an object/],
    ['{"nbformat":4,"cells":[{"cell_type":"x"}]}', /cell 1 is "x", wanted code, markdown or raw/],
    [
      '{"nbformat":4,"cells":[{"cell_type":"code","outputs":[{"output_type":"pyout"}]}]}',
      /an output is "pyout"/,
    ],
  ];
  for (const [text, message] of table) {
    assert.throws(() => parseNotebook(text), { name: "TypeError", message });
  }
  assert.throws(() => parseNotebook("{"), SyntaxError);
});
