import assert from "node:assert/strict";
import { KeptFiles } from "../../src/collector/kept_files.ts";

Deno.test("KeptFiles.read() gives a file as it is now, longer or shorter than before and than its buffer", () => {
  const path = Deno.makeTempFileSync();
  const files = new KeptFiles();
  try {
    for (const text of ["one\n", "", "long µ\n".repeat(9000), "short\n"]) {
      Deno.writeTextFileSync(path, text);
      assert.equal(files.read(path), text);
    }
  } finally {
    files.close();
    Deno.removeSync(path);
  }
});

Deno.test("KeptFiles.read() throws for a file that is not there and finds it when it comes; close() does not end it", () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/late`;
  const files = new KeptFiles();
  try {
    assert.throws(() => files.read(path), Deno.errors.NotFound);
    Deno.writeTextFileSync(path, "here");
    assert.equal(files.read(path), "here");
    files.close();
    assert.equal(files.read(path), "here");
  } finally {
    files.close();
    Deno.removeSync(folder, { recursive: true });
  }
});
