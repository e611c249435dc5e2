/** `deno task load` against a server that fails in several ways at once and counts each itself. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const STREAM = { headers: { "content-type": "text/event-stream" } };
const TOKEN = 'data: {"choices":[{"index":0,"text":"a","finish_reason":null}]}\n\n';
const WHOLE = `${TOKEN}data: {"choices":[{"index":0,"text":"a","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

function refusal(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { message } }, { status, headers });
}

/** An answer whose connection breaks behind its first token. */
function broken(): Response {
  let begun = false;
  const body = new ReadableStream({
    pull(controller) {
      if (begun) return controller.error(new Error("broken on purpose"));
      begun = true;
      controller.enqueue(new TextEncoder().encode(TOKEN));
    },
  });
  return new Response(body, STREAM);
}

/** Each way with its line in the closing. */
const WAYS: readonly (readonly [() => Response, string])[] = [
  [() => refusal(500, "engine died"), "refused or failed: HTTP 500: engine died"],
  [() => refusal(429, "slow down", { "retry-after": "0" }), "refused or failed: HTTP 429: slow down"],
  [() => refusal(400, "prompt too long"), "refused or failed: HTTP 400: prompt too long"],
  [
    () => refusal(401, "key expired"),
    "refused or failed: HTTP 401: key expired (check the key: LAB_API_KEY in the environment)",
  ],
  [
    () => new Response(`${TOKEN}data: {"error":{"message":"boom"}}\n\ndata: [DONE]\n\n`, STREAM),
    "refused or failed: boom",
  ],
  [
    () =>
      new Response("<title>502 Bad Gateway</title>", {
        status: 502,
        headers: { "content-type": "text/html" },
      }),
    "refused or failed: an HTML page: 502 Bad Gateway",
  ],
  [broken, "connection failed: connection closed before the answer ended"],
];

const REQUESTS = 1_000;
/** Of each hundred, three in each way. */
const EACH = 3;

Deno.test("load counts every request and each of seven reasons once when 3% fail in each way at once", async () => {
  let asked = 0;
  const counted = WAYS.map(() => 0);
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    onError: () => new Response("", { status: 500 }),
  }, async (request) => {
    if (request.method === "GET") return Response.json({ object: "list", data: [{ id: "m" }] });
    await request.text();
    if (!new URL(request.url).pathname.endsWith("/completions")) return new Response("", { status: 404 });
    const way = Math.floor(asked++ % 100 / EACH);
    if (way >= WAYS.length) return new Response(WHOLE, STREAM);
    counted[way]!++;
    return WAYS[way]![0]();
  });
  const out = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await load(`http://127.0.0.1:${server.addr.port}`, out);
    const perWay = REQUESTS * EACH / 100;
    assert.deepEqual(counted, WAYS.map(() => perWay));
    const failed = perWay * WAYS.length;
    assert.match(
      stdout,
      new RegExp(
        `\nRequests: ${REQUESTS} = ${REQUESTS - failed} ok \\+ ${
          failed - perWay
        } refused or failed \\+ ${perWay} connection failed\\.\n`,
      ),
    );
    for (const [, reason] of WAYS) {
      assert.equal(stdout.split(`\n${perWay} × ${reason}\n`).length, 2, `${reason}\n${stdout}`);
    }
    assert.equal(stdout.split(" × ").length - 1, WAYS.length);
    // While it ran reasons were told once each, five at most.
    const told = stderr.split("\n").filter((line) => /^(refused or failed|connection failed): /.test(line));
    assert.equal(told.length, 5, stderr);
    assert.equal(new Set(told).size, 5);
    // Nothing is lost on the way to the file, and some answers were whole.
    const rows = (await Deno.readTextFile(`${out}/requests.csv`)).trimEnd().split("\n");
    assert.equal(rows.length, 1 + REQUESTS);
    assert.equal(code, 0);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

async function load(url: string, out: string) {
  const file: { tasks: Record<string, { command: string }> } = JSON.parse(
    await Deno.readTextFile(`${ROOT}deno.json`),
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...file.tasks.load!.command.split(" ").slice(1),
      ...["--url", url, "--requests", String(REQUESTS), "--concurrency", "10", "--out", out],
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1", LAB_API_KEY: "" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
