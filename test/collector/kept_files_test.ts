import assert from "node:assert/strict";
import { KeptFiles } from "../../src/collector/kept_files.ts";

function readText(files: KeptFiles, path: string): string {
  return new TextDecoder().decode(files.read(path));
}

Deno.test("KeptFiles.read() gives a file as it is now, longer or shorter than before and than its buffer", () => {
  const path = Deno.makeTempFileSync();
  const files = new KeptFiles();
  try {
    for (const text of ["one\n", "", "long µ\n".repeat(9000), "short\n"]) {
      Deno.writeTextFileSync(path, text);
      assert.equal(readText(files, path), text);
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
    assert.equal(readText(files, path), "here");
    files.close();
    assert.equal(readText(files, path), "here");
  } finally {
    files.close();
    Deno.removeSync(folder, { recursive: true });
  }
});
