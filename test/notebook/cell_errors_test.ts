/** What a reader sees under a cell that is written wrong or run too early. */
import assert from "node:assert/strict";
import { exportedNames } from "../../tools/exports.ts";
import { parseNotebook } from "../../src/formats/notebook.ts";
import { cellStack, exportsOf } from "../../src/notebook/cell_errors.ts";
import { LAB_NAMES, missingCells } from "../../src/notebook/lab_cells.ts";
import { labHasClosed, setup, teardown } from "../../src/notebook/setup.ts";
import { SampleError } from "../../src/series/types.ts";
import { runCode } from "../tools/notebook_helper.ts";

const PROJECT = new URL("../../", import.meta.url);
const SRC = new URL("src/", PROJECT).pathname;

/** The code cells with the number of the section that they stand in. */
async function sections(
  name: string,
): Promise<readonly { readonly section: number; readonly code: string }[]> {
  const notebook = parseNotebook(await Deno.readTextFile(new URL(`notebooks/${name}`, PROJECT)));
  let section = 0;
  return notebook.cells.flatMap((cell) => {
    if (cell.kind === "code") return [{ section, code: cell.source }];
    for (const [, number] of cell.source.matchAll(/^## (\d+)\./gm)) section = Number(number);
    return [];
  });
}

function namesMadeBy(code: string): readonly string[] {
  return [...code.matchAll(/^const (\w+)/gm)].map((match) => match[1]!);
}

function uses(code: string, name: string): boolean {
  return new RegExp(`(?<![\\w.])${name}\\b(?!:)`).test(code.replace(/"[^"]*"/g, '""'));
}

Deno.test("LAB_NAMES has every name that a cell of the notebooks makes for a later one, with section and needs", async () => {
  for (const file of ["lab.ipynb", "zh-TW/lab.ipynb"]) {
    const cells = await sections(file);
    const found: Record<string, number> = {};
    for (const [index, { section, code }] of cells.entries()) {
      for (const name of namesMadeBy(code)) {
        if (!cells.slice(index + 1).some((later) => uses(later.code, name))) continue;
        found[name] = section;
        const made = LAB_NAMES[name]?.as ?? name;
        assert.match(code, new RegExp(`^const ${made}\\b`, "m"), `${file}: the cell of ${name}`);
        const needed = Object.keys(LAB_NAMES).filter((other) => !namesMadeBy(code).includes(other))
          .filter((other) => uses(code, other));
        const told = new Set(
          missingCells(name, () => false).map(({ makes }) => makes.slice("const ".length)),
        );
        const untold = needed.filter((other) => !told.has(LAB_NAMES[other]?.as ?? other));
        assert.deepEqual(untold, [], `${file}: what the cell of ${name} needs`);
      }
    }
    const told = Object.fromEntries(Object.entries(LAB_NAMES).map(([name, { section }]) => [name, section]));
    assert.deepEqual(told, found, file);
  }
});

Deno.test("missingCells() names only what has not been run, in order", () => {
  const made = (there: readonly string[]) =>
    missingCells("dashboard", (name) => there.includes(name)).map(({ makes }) => makes);
  assert.deepEqual(made([]), ["const lab", "const collector", "const dashboard"]);
  assert.deepEqual(made(["lab"]), ["const collector", "const dashboard"]);
  assert.deepEqual(made(["lab", "collector"]), ["const dashboard"]);
  assert.deepEqual(missingCells("toString"), []);
});

Deno.test("exportsOf() finds what the door exports", async () => {
  const values = new Set(exportsOf(await Deno.readTextFile(`${SRC}mod.ts`)));
  const exported = new Set(await exportedNames());
  assert.ok(values.size > 100);
  assert.deepEqual([...values].filter((name) => !exported.has(name)), []);
  assert.deepEqual(
    exportsOf(
      'export {\n  a,\n  type B,\n  c as d,\n} from "x";\nexport type { E } from "y";\nexport { f } from "z";',
    ),
    ["a", "d", "f"],
  );
});

Deno.test("cellStack() keeps the stack of what is no slip of a cell", () => {
  const inside = [`read (${SRC}parser/x.ts:1:2)`, "<anonymous>:1:1"];
  const cases: readonly (readonly [Error, readonly string[], string])[] = [
    [new TypeError("Cannot call wait: seconds is …"), inside, "TypeError: Cannot call wait: seconds is …"],
    [
      new TypeError("x is undefined"),
      inside,
      `TypeError: x is undefined\n    at ${inside[0]}\n    at ${inside[1]}`,
    ],
    [
      new TypeError("Cannot read properties of null"),
      ["helper (<anonymous>:2:3)"],
      "TypeError: Cannot read properties of null",
    ],
    [
      new TypeError("failed"),
      ["ext:deno_fetch/26_fetch.js:2:1", "async <anonymous>:1:22"],
      "TypeError: failed",
    ],
    [new SyntaxError("bad"), ["JSON.parse (<anonymous>)", "<anonymous>:1:1"], "SyntaxError: bad"],
    [
      new Error("theirs"),
      ["f (file:///x/node_modules/y.js:1:1)"],
      "Error: theirs\n    at f (file:///x/node_modules/y.js:1:1)",
    ],
    [
      new SampleError({ code: "timeout", params: { timeoutSeconds: 5 } }),
      inside,
      "SampleError: no answer within 5 s",
    ],
    [
      new SampleError({ code: "timeout", params: { timeoutSeconds: 5 } }, { address: "http://h:1/metrics" }),
      inside,
      "SampleError: http://h:1/metrics: no answer within 5 s",
    ],
    [
      new TypeError("latencychart is not a function"),
      ["<anonymous>:1:1"],
      'TypeError: "#lab" has no latencychart, wanted perhaps latencyChart',
    ],
  ];
  for (const [error, frames, wanted] of cases) assert.equal(cellStack(error, frames), wanted);
});

Deno.test("cellStack() says that the lab is closed where that may be why", () => {
  const frames = [`start (${SRC}collector/collector.ts:1:2)`, "<anonymous>:1:1"];
  const stopped = new Error("Cannot start the collector: it was stopped, wanted a new one");
  setup({ language: "en" });
  try {
    assert.equal(cellStack(stopped, frames), `Error: ${stopped.message}`);
    labHasClosed();
    assert.match(cellStack(stopped, frames), /a new one\. The lab is closed \(section 9 does that\)/);
    assert.doesNotMatch(cellStack(new Error("Cannot agree: 2, 3"), frames), /closed/);
    assert.doesNotMatch(cellStack(new TypeError("Cannot call wait: …"), frames), /closed/);
  } finally {
    teardown();
  }
});

Deno.test("a cell that is wrong or too early shows one sentence with what to do", async () => {
  const tried = async (code: string) => {
    const { cells } = await runCode([`import "${new URL("notebook.ts", `file://${SRC}`)}"; undefined`, code]);
    const [error] = cells[1]?.outputs ?? [];
    return error?.kind === "error" ? error.traceback.join("\n") : "no error";
  };
  assert.equal(
    await tried("await dashboard.snapshot();"),
    'ReferenceError: dashboard is not there yet. Run first: the cell with "const lab" (section 1), then the cell with "const collector" (section 2), then the cell with "const dashboard" (section 3)',
  );
  assert.equal(
    await tried("await latencyChart(3);"),
    'ReferenceError: latencyChart is not imported yet. Put this above it: import { latencyChart } from "#lab"',
  );
  assert.equal(
    await tried(`import { wait } from "${new URL("notebook.ts", `file://${SRC}`)}"; await wait("5");`),
    'TypeError: Cannot call wait: seconds is the text "5", wanted a number of seconds from 0 on, such as wait(5, lab)',
  );
});
