import assert from "node:assert/strict";
import { isPlainProperty, splitFindings } from "../../../tools/gate/documentation.ts";
import { layerOf } from "../../../tools/gate/layers.ts";
import { runStep } from "../../../tools/gate/step.ts";

function finding(line: string, column: number, code = "missing-jsdoc"): string {
  return `error[${code}]: exported symbol is missing JSDoc documentation
  --> a.ts:25:${column}
   | 
25 | ${line}
   | ${" ".repeat(column - 1)}^`;
}

Deno.test("isPlainProperty() is true for properties only", () => {
  assert.equal(isPlainProperty(finding("  readonly labels: Labels;", 12)), true);
  assert.equal(isPlainProperty(finding("  readonly unit?: string;", 12)), true);
  assert.equal(isPlainProperty(finding('  override readonly name = "X";', 21)), true);
  assert.equal(isPlainProperty(finding("  sample(): void;", 3)), false);
  assert.equal(isPlainProperty(finding("export function f() {}", 1)), false);
  assert.equal(isPlainProperty(finding("export const A: number = 1;", 14)), false);
  assert.equal(isPlainProperty(finding("  readonly labels: Labels;", 12, "private-type-ref")), false);
});

Deno.test("splitFindings() takes a report apart", () => {
  const report = `${finding("  readonly a: A;", 12)}\n\n\n${
    finding("export function f() {}", 1)
  }\n\n\nerror: Found 2 documentation lint errors.\n`;
  assert.deepEqual(splitFindings(report), [
    finding("  readonly a: A;", 12),
    finding("export function f() {}", 1),
  ]);
});

Deno.test("layerOf() knows every folder, and the page of a notebook apart from the other exports", () => {
  assert.equal(layerOf("src/simulator/engine/engine.ts", ""), "pure");
  assert.equal(layerOf("src/simulator/server/shape.ts", ""), "edge");
  assert.equal(layerOf("src/export/html.ts", ""), "view");
  assert.equal(layerOf("src/export/csv.ts", ""), "edge");
  assert.equal(layerOf("src/simulator/workload/a.ts", "/** Figures: pure. */"), "pure");
  assert.equal(layerOf("src/simulator/workload/a.ts", "/** Sends. */ // pure"), "edge");
  assert.equal(layerOf("src/unknown/a.ts", ""), undefined);
});

Deno.test("runStep() fails a step that throws", async () => {
  const { problem } = await runStep({ name: "x", run: () => Promise.reject(new RangeError("too far")) });
  assert.match(problem, /too far/);
});
