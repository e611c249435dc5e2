import assert from "node:assert/strict";
import { dotRows } from "../../../tools/gate/test_output.ts";

Deno.test("dotRows() joins lines of one mark, also across chunks, and lets all else pass", async () => {
  const chunks = [".\n.", "\n!\n,\nERRORS\n\n", ".\n", "rest"];
  const text = await Array.fromAsync(ReadableStream.from(chunks).pipeThrough(dotRows()));
  assert.equal(text.join(""), "..!,\nERRORS\n\n.\nrest");
});

Deno.test("dotRows() begins a new row after a hundred", async () => {
  const text = await Array.fromAsync(ReadableStream.from(Array(150).fill(".\n")).pipeThrough(dotRows()));
  assert.equal(text.join(""), `${".".repeat(100)}\n${".".repeat(50)}\n`);
});
