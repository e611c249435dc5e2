import assert from "node:assert/strict";
import { machineDetail, machinePaths, secret, withoutMachinePaths } from "../../tools/notebook/privacy.ts";
import type { NotebookOutput } from "../../src/formats/notebook.ts";

const REPLACEMENTS = [...secret("s3cr+t"), ...machinePaths("/srv/lab/", "/home/ann")];

function clean(text: string): string {
  const output: NotebookOutput = { kind: "stream", name: "stdout", text };
  const cleaned = withoutMachinePaths(output, REPLACEMENTS);
  return cleaned.kind === "stream" ? cleaned.text : "";
}

Deno.test("withoutMachinePaths() makes paths relative to the project or the home folder", () => {
  const table = [
    ["at file:///srv/lab/src/a.ts:1:2", "at src/a.ts:1:2"],
    ["/srv/lab/data/x.json", "data/x.json"],
    ["in /srv/lab.", "in .."],
    ["/srv/lab.bak", "/srv/lab.bak"],
    ["in /srv/lab now", "in . now"],
    ["/srv/lab-2/x", "/srv/lab-2/x"],
    ["a/srv/lab/x", "a/srv/lab/x"],
    ["/home/ann/.cache, /home/ann", "~/.cache, ~"],
    ["/home/anna/x", "/home/anna/x"],
    ["Bearer s3cr+t", "Bearer ***"],
  ];
  for (const [text = "", wanted] of table) assert.equal(clean(text), wanted);
});

Deno.test("withoutMachinePaths() cleans bundles and errors, and leaves base64 as it is", () => {
  assert.deepEqual(
    withoutMachinePaths({
      kind: "display_data",
      metadata: {},
      data: {
        "text/html": "<p>/srv/lab/x</p>",
        "image/png": "/srv/lab/x",
        "application/json": { a: ["/srv/lab/x"] },
      },
    }, REPLACEMENTS),
    {
      kind: "display_data",
      metadata: {},
      data: { "text/html": "<p>x</p>", "image/png": "/srv/lab/x", "application/json": { a: ["x"] } },
    },
  );
  assert.deepEqual(
    withoutMachinePaths(
      { kind: "error", name: "E", message: "/home/ann/x", traceback: ["at /srv/lab/y"] },
      REPLACEMENTS,
    ),
    { kind: "error", name: "E", message: "~/x", traceback: ["at y"] },
  );
});

Deno.test("machinePaths() does not take a root home folder for every path", () => {
  assert.equal(machinePaths("/srv/lab", "/").length, machinePaths("/srv/lab", undefined).length);
});

Deno.test("machineDetail() lets the address in a carried library's licence note stand, and no other of that host", () => {
  assert.equal(machineDetail("/*! https://github.com/leeoniya/uPlot (v1) */"), undefined);
  assert.equal(machineDetail("https://github.com/leeoniya/other"), "https://github.com/leeoniya/other");
});
