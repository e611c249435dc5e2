import assert from "node:assert/strict";
import { type CellProgress, runNotebook } from "../../tools/run_notebook.ts";
import { parseNotebook } from "../../src/formats/notebook.ts";
import { notebookText, runCode, shortly } from "./notebook_helper.ts";

Deno.test("runNotebook() puts every output into its own cell when cells end with a burst of output", async () => {
  const burst = (cell: number) =>
    `for (let i = 0; i < 60; i++) console.log("cell ${cell} line", i);
     for (let i = 0; i < 3; i++) await Deno.jupyter.display({ "text/html": "cell ${cell} ".repeat(5000) }, { raw: true });
     ${cell} * 100`;
  const { run, cells } = await runCode([1, 2, 3, 4, 5].map(burst));
  assert.equal(run.failure, undefined);
  for (const [index, cell] of cells.entries()) {
    const outputs = shortly(cell.outputs);
    const lines = Array.from({ length: 60 }, (_, i) => `cell ${index + 1} line ${i}\n`).join("");
    assert.equal(outputs[0], `stdout: ${lines}`);
    assert.equal(outputs.length, 5);
    for (const html of outputs.slice(1, 4)) {
      assert.equal(html, `text/html: ${`cell ${index + 1} `.repeat(5000)}`);
    }
    assert.equal(outputs[4], `text/plain: ${(index + 1) * 100}`);
    assert.equal(cell.executionCount, index + 1);
  }
});

Deno.test("runNotebook() folds updates into the output that they redraw, also from later cells", async () => {
  const { cells } = await runCode([
    `await Deno.jupyter.display({ "text/plain": "first" }, { raw: true, display_id: "a" });`,
    `await Deno.jupyter.display({ "text/plain": "again" }, { raw: true, display_id: "a" });
     await Deno.jupyter.display({ "text/plain": "last" }, { raw: true, display_id: "a", update: true });
     console.log("done");`,
  ]);
  assert.deepEqual(shortly(cells[0]?.outputs), ["text/plain: last"]);
  assert.deepEqual(shortly(cells[1]?.outputs), ["text/plain: last", "stdout: done\n"]);
});

Deno.test("runNotebook() honours clear_output at once and before the next output", async () => {
  const { cells } = await runCode([
    `console.log("gone"); await Deno.jupyter.broadcast("clear_output", { wait: false }); console.log("kept");`,
    `console.log("gone"); await Deno.jupyter.broadcast("clear_output", { wait: true }); console.log("new");`,
    `console.log("stays"); await Deno.jupyter.broadcast("clear_output", { wait: true });`,
  ]);
  assert.deepEqual(cells.map((cell) => shortly(cell.outputs)), [["stdout: kept\n"], ["stdout: new\n"], [
    "stdout: stays\n",
  ]]);
});

Deno.test("runNotebook() shows a syntax error as an output, names the cell and leaves out the rest", async () => {
  const { run, cells } = await runCode(["1 + 1", "const a = ;", "2 + 2"]);
  assert.equal(run.failure?.kind, "syntax_error");
  assert.equal(run.failure?.cellNumber, 2);
  assert.equal(run.failure?.cellId, "c2");
  assert.equal(shortly(cells[1]?.outputs).length, 1);
  assert.match(shortly(cells[1]?.outputs)[0] ?? "", /^error: SyntaxError: /);
  assert.deepEqual(cells[2]?.outputs, []);
  assert.equal(cells[2]?.executionCount, null);
});

Deno.test("runNotebook() runs closing cells after a failure", async () => {
  const { run, cells } = await runCode([
    `var kept = "what was collected";`,
    `throw new RangeError("too far");`,
    `console.log("left out");`,
    { code: `console.log(kept);`, tags: ["closing"] },
  ]);
  assert.deepEqual(run.failure, {
    kind: "error",
    cellNumber: 2,
    cellId: "c2",
    name: "RangeError",
    message: "too far",
  });
  assert.deepEqual(shortly(cells[2]?.outputs), []);
  assert.deepEqual(shortly(cells[3]?.outputs), ["stdout: what was collected\n"]);
});

Deno.test("runNotebook() names the cell in which the kernel died and keeps what came before", async () => {
  const { run, cells } = await runCode([`console.log("before");`, `Deno.exit(3);`, `console.log("after");`]);
  assert.equal(run.failure?.kind, "kernel_died");
  assert.equal(run.failure?.cellNumber, 2);
  assert.match(run.failure?.message ?? "", /kernel ended with code 3/);
  assert.deepEqual(shortly(cells[0]?.outputs), ["stdout: before\n"]);
  assert.match(shortly(cells[1]?.outputs)[0] ?? "", /^error: KernelDied: /);
});

Deno.test("runNotebook() ends a cell that takes too long, named as a timeout", async () => {
  const { run, cells } = await runCode([`console.log("begun"); while (true) {}`, "1"], {
    timeoutSeconds: 0.5,
    graceSeconds: 0.2,
  });
  assert.equal(run.failure?.kind, "timeout");
  assert.equal(run.failure?.cellNumber, 1);
  assert.match(shortly(cells[0]?.outputs).at(-1) ?? "", /^error: Timeout: no end within 0.5 s/);
});

Deno.test("runNotebook() stops a listening notebook by its signal, keeps its state and runs closing cells", async () => {
  const stop = new AbortController();
  const { run, cells } = await runCode([
    `var found = 1; var stopped = Promise.withResolvers();
     Deno.addSignalListener("SIGINT", () => stopped.reject(new Error("stopped by the user")));`,
    `found = 2; console.log("waiting"); await stopped.promise;`,
    `console.log("left out");`,
    { code: `console.log("found", found);`, tags: ["closing"] },
  ], {
    signal: stop.signal,
    graceSeconds: 10,
    onCell: (progress) => {
      if (progress.number === 2 && progress.state === "begin") setTimeout(() => stop.abort(), 300);
    },
  });
  assert.equal(run.failure?.kind, "stopped");
  assert.equal(run.failure?.cellNumber, 2);
  assert.deepEqual(shortly(cells[1]?.outputs), ["stdout: waiting\n", "error: Error: stopped by the user"]);
  assert.deepEqual(shortly(cells[2]?.outputs), []);
  assert.deepEqual(shortly(cells[3]?.outputs), ["stdout: found 2\n"]);
});

Deno.test("runNotebook() stops between two cells without running the next, but for closing ones", async () => {
  const stop = new AbortController();
  const { run, cells } = await runCode([
    `console.log("one");`,
    `console.log("left out");`,
    { code: `console.log("closed");`, tags: ["closing"] },
  ], {
    signal: stop.signal,
    onCell: ({ number, state }) => {
      if (number === 1 && state === "end") stop.abort();
    },
  });
  assert.deepEqual(run.failure && [run.failure.kind, run.failure.cellNumber], ["stopped", 2]);
  assert.deepEqual(cells.map((cell) => shortly(cell.outputs)), [["stdout: one\n"], [], ["stdout: closed\n"]]);
});

Deno.test("runNotebook() leaves no process behind that a cell started", async () => {
  const { cells } = await runCode([
    `const child = new Deno.Command(Deno.execPath(), {
       args: ["eval", "setInterval(() => {}, 1000)"], stdout: "null", stderr: "null",
     }).spawn();
     console.log(child.pid);`,
  ]);
  const pid = Number((shortly(cells[0]?.outputs)[0] ?? "").replace("stdout: ", ""));
  assert.ok(pid > 1);
  await ended(pid);
});

/** Resolves when the process is gone, at most some seconds after it was killed. */
async function ended(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      // There is no signal 0; SIGCONT does nothing to a running process and fails when there is none.
      Deno.kill(pid, "SIGCONT");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    if ((await stateOf(pid)).startsWith("Z")) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`process ${pid} is still there`);
}

/** The letter of /proc for a process's state; "" where there is no such file. A zombie waits for its parent only. */
async function stateOf(pid: number): Promise<string> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return status.match(/^State:\s+(.+)$/m)?.[1] ?? "";
}

Deno.test("runNotebook() tells its progress cell by cell", async () => {
  const seen: CellProgress[] = [];
  await runCode(["1", "  ", "2"], { onCell: (progress) => seen.push(progress) });
  assert.deepEqual(seen.map(({ state, number, count, status }) => [state, number, count, status]), [
    ["begin", 1, 2, undefined],
    ["end", 1, 2, "ok"],
    ["begin", 2, 2, undefined],
    ["end", 2, 2, "ok"],
  ]);
});

Deno.test("runNotebook() passes variables and hides home paths and keys", async () => {
  const { cells, text } = await runCode([
    `console.log(Deno.env.get("LAB_MODE"), Deno.env.get("TZ"), new Date(0).getHours());`,
    `console.log(Deno.env.get("HOME") + "/x/y.txt");`,
  ], { env: { LAB_MODE: "replay", TZ: "Asia/Taipei" } });
  assert.deepEqual(cells.map((cell) => shortly(cell.outputs)), [["stdout: replay Asia/Taipei 8\n"], [
    "stdout: ~/x/y.txt\n",
  ]]);
  assert.ok(text.endsWith("}\n"));
});

Deno.test("runNotebook() rejects a file that is no notebook", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ipynb" });
  try {
    await Deno.writeTextFile(file, "{}");
    await assert.rejects(runNotebook(file), /Cannot read notebook: nbformat is undefined, wanted 4/);
    await Deno.writeTextFile(file, "{");
    await assert.rejects(runNotebook(file), SyntaxError);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("Ctrl-C ends the runner's process at once, with the outputs written and no kernel left", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/test.ipynb`;
    await Deno.writeTextFile(
      path,
      notebookText([`console.log(Deno.pid);`, `await new Promise(() => {});`, `1;`]),
    );
    const runner = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("../../tools/run_notebook.ts", import.meta.url).href, path],
      stderr: "piped",
    }).spawn();
    const reader = runner.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!said.includes("cell 1 of 3: ok")) {
      const { value, done } = await reader.read();
      assert.ok(!done, said);
      said += value;
    }
    runner.kill("SIGINT");
    const { code } = await runner.status;
    while (!(await reader.read()).done);
    assert.equal(code, 130);
    const cells = parseNotebook(await Deno.readTextFile(path)).cells.filter((cell) => cell.kind === "code");
    const pid = Number((shortly(cells[0]?.outputs)[0] ?? "").replace("stdout: ", ""));
    assert.ok(pid > 1);
    assert.match(shortly(cells[1]?.outputs)[0] ?? "", /^error: Stopped: /);
    assert.deepEqual(cells[2]?.outputs, []);
    await ended(pid);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
