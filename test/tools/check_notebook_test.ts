import assert from "node:assert/strict";
import type { Notebook, NotebookOutput } from "../../src/formats/notebook.ts";
import { formatNotebook, parseNotebook } from "../../src/formats/notebook.ts";
import { checkNotebooks, problemLine } from "../../tools/check_notebook.ts";
import { codeProblems } from "../../tools/notebook/code_problems.ts";
import { LARGEST_BYTES, stateProblems } from "../../tools/notebook/state_problems.ts";
import { notebookText } from "./notebook_helper.ts";

function notebookOf(cells: readonly string[]): Notebook {
  return parseNotebook(notebookText(cells));
}

Deno.test("codeProblems() maps type errors and lint findings back to notebook, cell and line", async () => {
  const found = await codeProblems([
    notebookOf([
      "const a = 1;\nconst b: number = a;",
      '\nconst c: string = b;\nconsole.log(c);\nif (b == a) "";',
    ]),
    notebookOf(["export const fine = 1;", "const later = fine + 1;\n[later].length;"]),
    notebookOf(["missing();"]),
  ]);
  assert.deepEqual(
    found.map((problems) => problems.map(({ message, place }) => [message.split("\n")[0], place])),
    [
      [
        [
          "TS2322 [ERROR]: Type 'number' is not assignable to type 'string'.",
          { cellNumber: 2, cellId: "c2", line: 2 },
        ],
        ["no-console: `console` usage is not allowed.", { cellNumber: 2, cellId: "c2", line: 3 }],
        ["eqeqeq: expected '===' and instead saw '=='.", { cellNumber: 2, cellId: "c2", line: 4 }],
      ],
      [],
      [["TS2304 [ERROR]: Cannot find name 'missing'.", { cellNumber: 1, cellId: "c1", line: 1 }]],
    ],
  );
});

Deno.test("codeProblems() takes a name that several cells import, and keeps the lines", async () => {
  const [problems] = await codeProblems([
    notebookOf([
      'import { dirname, join } from "node:path";\njoin(dirname("a"));',
      'import {\n  basename,\n  join,\n} from "node:path";\nbasename(join("a"));\nconst a: number = "";',
      'import { join } from "node:path";\njoin("a");',
    ]),
  ]);
  assert.deepEqual(problems?.map(({ place }) => place), [{ cellNumber: 2, cellId: "c2", line: 6 }]);
});

Deno.test("codeProblems() reports code that cannot be parsed", async () => {
  const [problems] = await codeProblems([notebookOf(["const a = 1;", "const b = ;"])]);
  assert.ok(problems !== undefined && problems.length > 0);
  assert.match(JSON.stringify(problems), /Expression expected/);
});

function executed(
  change: { source?: string; outputs?: readonly NotebookOutput[]; executionCount?: number | null },
) {
  const notebook: Notebook = {
    metadata: { kernelspec: { name: "deno" } },
    cells: [{ kind: "code", id: "a", source: "1;", metadata: {}, outputs: [], executionCount: 1, ...change }],
  };
  return stateProblems(notebook, 100).map(({ message }) => message);
}

function text(content: string): readonly NotebookOutput[] {
  return [{ kind: "stream", name: "stdout", text: content }];
}

Deno.test("stateProblems() finds what must not be in a committed notebook", () => {
  assert.deepEqual(executed({ executionCount: null }), [
    "its execution count is null, wanted 1: run the notebook top to bottom",
  ]);
  assert.deepEqual(executed({ executionCount: 7 }), [
    "its execution count is 7, wanted 1: run the notebook top to bottom",
  ]);
  assert.deepEqual(
    executed({ outputs: [{ kind: "error", name: "RangeError", message: "x", traceback: [] }] }),
    [
      "its output is an error: RangeError: x",
    ],
  );
  assert.match(
    executed({ outputs: [{ kind: "execute_result", data: {}, metadata: {}, executionCount: 1 }] })[0] ?? "",
    /bare/,
  );
  for (
    const source of [
      'import { a } from "../src/a.ts";',
      'import "npm:x";',
      'const a = await import("./b.ts");',
    ]
  ) {
    assert.match(executed({ source })[0] ?? "", /^it imports ".*", wanted "#lab" only$/);
  }
  assert.deepEqual(executed({ source: 'import {\n  a,\n  b,\n} from "#lab";' }), []);
});

Deno.test("stateProblems() finds paths and hosts of a machine in outputs, and leaves harmless ones", () => {
  const machine = [
    "/home/ann/lab/data",
    "see file:///srv/x.ts:3:1",
    "C:\\Users\\ann\\x",
    "http://gpu7.corp.local:8000/metrics",
    "at https://10.1.2.3/v1",
    "saved to /tmp/x.json",
  ];
  for (const content of machine) {
    assert.match(executed({ outputs: text(content) })[0] ?? "", /^its output names a machine: /, content);
  }
  const harmless = [
    '<svg xmlns="http://www.w3.org/2000/svg">',
    "http://127.0.0.1:8000/metrics",
    "http://localhost:8000",
    "http://simulated.invalid/v1",
    "data/runs/x.json",
    "GET /metrics and /v1/models",
    "a/home/b",
  ];
  for (const content of harmless) assert.deepEqual(executed({ outputs: text(content) }), [], content);
});

Deno.test("stateProblems() limits the size and wants the kernel's name", () => {
  assert.deepEqual(
    stateProblems({ metadata: {}, cells: [] }, LARGEST_BYTES + 1).map(({ message }) => message),
    [
      `it has ${LARGEST_BYTES + 1} bytes, wanted at most ${LARGEST_BYTES}`,
      'its kernelspec is null, wanted the name "deno"',
    ],
  );
});

Deno.test("checkNotebooks() names the file of each problem", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ipynb" });
  try {
    await Deno.writeTextFile(file, formatNotebook(notebookOf(["missing();"])));
    const [check] = await checkNotebooks([file]);
    const lines = check?.problems.map((problem) => problemLine("x.ipynb", problem).split("\n")[0]);
    assert.deepEqual(lines, [
      "x.ipynb cell 1 (c1) line 1: TS2304 [ERROR]: Cannot find name 'missing'.",
      'x.ipynb: its kernelspec is null, wanted the name "deno"',
      "x.ipynb cell 1 (c1) line 1: its execution count is null, wanted 1: run the notebook top to bottom",
    ]);
  } finally {
    await Deno.remove(file);
  }
});
