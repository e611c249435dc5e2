import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Pushes a shipped run to a server that answers from a list, then 204. */
async function push(...answers: readonly number[]) {
  const left = [...answers];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    await request.arrayBuffer();
    return new Response(null, { status: left.shift() ?? 204, headers: { "retry-after": "0" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "push", "vllm-0.32.0-cpu", "--url", url],
    env: { NO_COLOR: "1", LAB_REMOTE_TOKEN: "" },
  }).output();
  const decoder = new TextDecoder();
  return { url, code, lines: decoder.decode(stdout).split("\n"), notes: decoder.decode(stderr).split("\n") };
}

Deno.test("push says each count once, and at the end what was sent where", async () => {
  const { url, code, lines, notes } = await push();
  assert.equal(code, 0);
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, new RegExp(`^Sent \\S+ samples of \\S+ series to ${url}/api/v1/write$`));
  const counts = notes.filter((line) => line.endsWith(" samples sent"));
  assert.ok(counts.length > 0 && new Set(counts).size === counts.length, notes.join());
  const [, total] = /^Sent (\S+)/.exec(lines[0]!) ?? [];
  assert.ok(!counts.includes(`${total} samples sent`), "the result is no progress");
});

Deno.test("push tells the first failed try at once, and counts those that it repeats", async () => {
  const { url, code, lines, notes } = await push(503, 503);
  assert.equal(code, 0);
  const told = notes.filter((line) => line.includes("HTTP 503"));
  assert.deepEqual(told, [`${url}/api/v1/write: HTTP 503; trying 5 more times. Ctrl-C ends it.`]);
  assert.equal(lines[1], "2 tries failed and were repeated");
});

Deno.test("push ends with 1 and says once what was refused", async () => {
  const { code, lines } = await push(204, 400);
  assert.equal(code, 1);
  assert.match(lines[1]!, /^Refused with HTTP 400: 1 request with \S+ samples$/);
});
