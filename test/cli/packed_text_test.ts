/** Packed text files, as data sets and results are handed around. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readPackedText } from "../../src/cli/packed_text.ts";
import { readDataset } from "../../src/formats/datasets.ts";

async function textOf(bytes: Uint8Array): Promise<string> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    return (await readPackedText(path)).replaceAll(path, "FILE");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new SyntaxError(error.message.replaceAll(path, "FILE"));
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readPackedText() reads every member of a gzip file, not the first alone", async () => {
  const members = ['{"prompt":"a"}\n', '{"prompt":"b"}\n', "", '{"prompt":"é"}\n'];
  const text = await textOf(Buffer.concat(members.map((member) => gzipSync(member))));
  assert.equal(text, members.join(""));
  assert.equal(readDataset(text).rows.length, 3);
  assert.equal(await textOf(new TextEncoder().encode("one\ntwo\n")), "one\ntwo\n");
  assert.equal(await textOf(new Uint8Array()), "");
});

Deno.test("readPackedText() says of what is no text what it is", async () => {
  const whole = gzipSync("a prompt\n".repeat(50));
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [whole.subarray(0, -6), "Cannot unpack FILE: its gzip is broken or cut short, wanted it whole"],
    [
      Buffer.concat([whole, whole.subarray(0, 20)]),
      "Cannot unpack FILE: its gzip is broken or cut short, wanted it whole",
    ],
    [gzipSync(whole), "Cannot read FILE: a gzip file, wanted text or gzip of text"],
    [zstdCompressSync("a prompt"), "Cannot read FILE: a zstd file, wanted text or gzip of text"],
    [new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0]), "Cannot read FILE: bytes, wanted text or gzip of text"],
  ];
  for (const [bytes, message] of cases) await assert.rejects(textOf(bytes), { message });
});
