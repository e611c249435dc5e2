/**
 * What a committed notebook must look like, apart from its code: run top to bottom, whole, small, of no machine.
 *
 * @module
 */
import type { CodeCell, Notebook } from "../../src/formats/notebook.ts";
import type { Problem } from "./code_problems.ts";
import { machineDetail, outputTexts } from "./privacy.ts";

/** GitHub and front ends become slow above this. */
export const LARGEST_BYTES = 2_000_000;

/** Everything that is wrong with the notebook as a file; empty when nothing is. */
export function stateProblems(notebook: Notebook, bytes: number): readonly Problem[] {
  const problems: Problem[] = [];
  if (bytes > LARGEST_BYTES) {
    problems.push({ message: `it has ${bytes} bytes, wanted at most ${LARGEST_BYTES}` });
  }
  const kernelspec = JSON.stringify(notebook.metadata["kernelspec"] ?? null);
  if (!kernelspec.includes('"name":"deno"')) {
    problems.push({ message: `its kernelspec is ${kernelspec}, wanted the name "deno"` });
  }
  let run = 0;
  for (const [index, cell] of notebook.cells.filter((one) => one.kind === "code").entries()) {
    if (cell.source.trim() !== "") run++;
    const place = { cellNumber: index + 1, cellId: cell.id, line: 1 };
    problems.push(...cellProblems(cell, run).map((message) => ({ message, place })));
  }
  return problems;
}

/** @param count the execution count that the cell must have */
function cellProblems(cell: CodeCell, count: number): readonly string[] {
  const problems = [...importProblems(cell.source)];
  if (cell.source.trim() !== "" && cell.executionCount !== count) {
    problems.push(
      `its execution count is ${cell.executionCount}, wanted ${count}: run the notebook top to bottom`,
    );
  }
  if ("execution" in cell.metadata) problems.push("its metadata hold times of execution");
  for (const output of cell.outputs) {
    if (output.kind === "error") problems.push(`its output is an error: ${output.name}: ${output.message}`);
    if (output.kind === "execute_result") {
      problems.push(
        "its last expression is shown bare, which other front ends may lose: use await show() or say()",
      );
    }
    for (const detail of outputTexts(output).map(machineDetail)) {
      if (detail !== undefined) problems.push(`its output names a machine: ${detail}`);
    }
  }
  return problems;
}

/** Notebooks import from the lab's one door only: any other import would change with the folder a kernel starts in. */
function importProblems(source: string): readonly string[] {
  const imports = [
    ...source.matchAll(/^\s*(?:import|export)\b[^"'`;]*?(?:from\s*)?["']([^"']+)["']/gm),
    ...source.matchAll(/\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g),
  ];
  return imports.map((match) => match[1] ?? "").filter((specifier) => specifier !== "#lab")
    .map((specifier) => `it imports "${specifier}", wanted "#lab" only`);
}
