import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Whatever lets somebody in, and what would give it away. */
const SECRETS = {
  key: "key-A1b2C3d4",
  password: "pass-E5f6G7h8",
  token: "token-I9j0K1l2",
  hook: "hook-M3n4O5p6",
  signature: "signature-Q7r8S9t0",
  remote: "remote-U1v2W3x4",
};
const GIVEN_AWAY = [...Object.values(SECRETS), btoa(`user:${SECRETS.password}`), `user:`];

/** Runs a task with every secret in its environment; its output is searched like a file. */
async function task(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args],
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertNoSecret(text, `output of ${args[0]}`);
  return { code, text };
}

function assertNoSecret(text: string, where: string): void {
  for (const secret of GIVEN_AWAY) assert.ok(!text.includes(secret), `${where} holds ${secret}`);
}

async function* filesUnder(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* filesUnder(path);
    else yield path;
  }
}

/** With the bytes as characters: a database and a Parquet file hold their texts plain. */
async function assertNoSecretIn(folder: string): Promise<number> {
  let count = 0;
  for await (const path of filesUnder(folder)) {
    assertNoSecret(new TextDecoder("latin1").decode(await Deno.readFile(path)), path);
    count++;
  }
  return count;
}

/** The address with a user, a password and a token. */
function secretly(url: string, path = ""): string {
  return url.replace("://", `://user:${SECRETS.password}@`) + `${path}?token=${SECRETS.token}`;
}

Deno.test("no task writes or prints a key, a password, a token or a webhook's address", async () => {
  const folder = await Deno.makeTempDir();
  const asked: string[] = [];
  const receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    asked.push(`${request.url} ${request.headers.get("authorization") ?? ""}`);
    await request.body?.cancel();
    return new Response(null, { status: 204 });
  });
  await using server = await SimulatedVllm.start();
  try {
    const receiverUrl = `http://127.0.0.1:${receiver.addr.port}`;
    const hook = `${receiverUrl.replace("://", `://user:${SECRETS.password}@`)}/hooks/${SECRETS.hook}` +
      `?sig=${SECRETS.signature}`;
    const run = join(folder, "run");
    const monitored = await task([
      "monitor",
      ...["--url", secretly(server.url), "--seconds", "3", "--out", run],
      ...["--fail-on", "running<0.5"],
    ], { LAB_API_KEY: SECRETS.key, LAB_WEBHOOK: hook });
    assert.equal(monitored.code, 1, monitored.text);
    const loaded = await task([
      "load",
      ...["--url", secretly(server.url), "--requests", "3", "--out", join(folder, "load"), "--yes"],
    ], { LAB_API_KEY: SECRETS.key });
    assert.equal(loaded.code, 0, loaded.text);
    // Each is a process that mostly waits for itself: all at once they take as long as the longest.
    await Promise.all(
      [
        ["export", run, "--out", join(folder, "export"), "--formats", "json,csv,parquet,openmetrics"],
        ["report", run, "--out", join(folder, "report.html")],
        ["dashboard", run, "--out", join(folder, "page.html")],
        ["repair", join(run, "recording.sqlite"), join(folder, "repaired.sqlite")],
        ["push", join(run, "recording.sqlite"), "--url", secretly(receiverUrl, "/api/v1/write")],
      ].map(async (args) => {
        const { code, text } = await task(args, { LAB_API_KEY: SECRETS.key });
        assert.equal(code, 0, text);
      }),
    );
    const token = { LAB_REMOTE_TOKEN: SECRETS.remote };
    const pushed = await task([
      "push",
      join(run, "recording.sqlite"),
      ...["--url", `${receiverUrl}/api/v1/write?token=${SECRETS.token}`],
    ], token);
    assert.equal(pushed.code, 0, pushed.text);
    assert.ok(await assertNoSecretIn(folder) > 15);
    // They were sent where they belong: else nothing would have been shown to stay secret.
    const sent = asked.join("\n");
    for (const secret of [SECRETS.token, SECRETS.hook, SECRETS.signature, SECRETS.remote]) {
      assert.ok(sent.includes(secret), secret);
    }
    assert.ok(sent.includes(btoa(`user:${SECRETS.password}`)));
  } finally {
    await receiver.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("no task that fails repeats a key, a password or a token", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  listener.close();
  const refusing = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => new Response(`refused ${new URL(request.url).pathname}`, { status: 403 }),
  );
  const refused = `http://127.0.0.1:${refusing.addr.port}`;
  const folder = await Deno.makeTempDir();
  try {
    for (const url of [closed, refused, "http://no-such-host.invalid", "http://[", "ftp://127.0.0.1"]) {
      const secret = secretly(url);
      const tasks = [
        ["monitor", "--url", secret, "--seconds", "1"],
        ["load", "--url", secret, "--requests", "1", "--yes"],
        ["load", "--url", secret, "--requests", "1", "--yes", "--model", "m"],
        ["lab", "--url", secret],
        ["report", "--prometheus", secret],
        ["export", "--prometheus", secret],
        ["dashboard", "--prometheus", secret],
      ];
      await Promise.all(tasks.map(async (args, number) => {
        const out = ["--out", join(folder, `${args[0]}-${number}`)];
        const { code, text } = await task([...args, ...out], { LAB_API_KEY: SECRETS.key });
        assert.notEqual(code, 0, text);
        assert.doesNotMatch(text, /\n\s+at /, text);
      }));
    }
    const hooked = await task(["monitor", "--url", closed, "--webhook", `no address ${SECRETS.hook}`], {});
    assert.equal(hooked.code, 2, hooked.text);
    await assertNoSecretIn(folder);
  } finally {
    await refusing.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});
