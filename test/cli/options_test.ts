import assert from "node:assert/strict";
import { runCommand, systemLine } from "../../src/cli/options.ts";
import { CliError } from "../../src/cli/terminal.ts";

Deno.test("systemLine() says which file, not the system's number", () => {
  const f = (message: string, line: string) => assert.equal(systemLine(message), line);
  f("No space left on device (os error 28): writefile 'a/b'", "Cannot write a/b: No space left on device");
  f("Read-only file system (os error 30): mkdir '/x'", "Cannot make /x: Read-only file system");
  f("No such file or directory (os error 2): stat '/x'", "Cannot use /x: No such file or directory");
  f("Cannot assign requested address (os error 99)", "Cannot go on: Cannot assign requested address");
  f(
    'Requires net access to "a:1", run again with the --allow-net flag',
    'Cannot go on: Requires net access to "a:1"; run again with the --allow-net flag',
  );
});

Deno.test("runCommand() turns what a person can mend into a line, and keeps the stack of the program's own faults", async () => {
  const f = async (error: Error, line: string, exit: number) => {
    const lines: string[] = [];
    assert.equal(await runCommand(() => Promise.reject(error), (text) => lines.push(text)), exit);
    assert.deepEqual(lines, [line]);
  };
  await f(new CliError("wrong", 1), "wrong", 1);
  await f(new RangeError("Cannot plan load: users 0, wanted 1"), "Cannot plan load: users 0, wanted 1", 2);
  await f(new Error("Cannot read a:\n  b: c\x1b[31m"), "Cannot read a: b: c[31m", 2);
  await f(new Deno.errors.NotFound("No such file (os error 2): open 'x'"), "Cannot open x: No such file", 2);
  const fault = new TypeError("Cannot read properties of undefined (reading 'a')");
  await assert.rejects(runCommand(() => Promise.reject(fault), () => {}), fault);
});
