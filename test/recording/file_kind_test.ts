import assert from "node:assert/strict";
import { type FileKind, kindOfBytes } from "../../src/recording/file_kind.ts";
import { openRecording } from "../../src/recording/recording.ts";

Deno.test("kindOfBytes() tells files apart by what they begin with", () => {
  const rows: [string | Uint8Array, FileKind][] = [
    ["SQLite format 3\0\x10\x00", "sqlite"],
    ["id,sent,ttft\n1,2,3\n", "csv"],
    ["id;sent\r\n1;2\r\n", "csv"],
    ["\ufeffname,value", "csv"],
    [' {"benchmarks": []}', "json"],
    ["<!doctype html>", "html"],
    ["# Title\n\nOne, two\n", "text"],
    ["PAR1\x15\x04", "parquet"],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), "gzip"],
    [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 4), "zstd"],
    [Uint8Array.of(0, 1, 2, 255), "unknown"],
    [Uint8Array.of(0xff, 0xfe, 0x41), "unknown"],
    ["", "unknown"],
  ];
  for (const [head, kind] of rows) {
    const bytes = typeof head === "string" ? new TextEncoder().encode(head) : head;
    assert.equal(kindOfBytes(bytes), kind, JSON.stringify(head));
  }
});

Deno.test("kindOfBytes() does not mind a character that is cut by the end of what was read", () => {
  const bytes = new TextEncoder().encode("名稱,值\n一,二");
  assert.equal(kindOfBytes(bytes.subarray(0, bytes.length - 1)), "csv");
});

Deno.test("openRecording() calls a file of another kind by its kind, not damaged", async () => {
  const path = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    await Deno.writeTextFile(path, "id,sent\n1,2\n");
    assert.throws(() => openRecording(path), {
      name: "RangeError",
      message: `Cannot open ${path}: it looks like CSV, wanted a recording`,
    });
  } finally {
    await Deno.remove(path);
  }
});
