import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Runs a task as a process of its own. */
async function task(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args],
    env: { NO_COLOR: "1", LAB_API_KEY: "" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A port on which nobody listens. */
function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Serves one answer for everything while the work is under way. */
async function withServer<T>(answer: () => Response, work: (url: string) => Promise<T>): Promise<T> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  try {
    return await work(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

for (const name of ["lab", "monitor"]) {
  Deno.test(`${name} says in one line why it cannot watch, with exit code 2, when nobody listens`, async () => {
    const { code, stderr } = await task(name, "--url", `http://127.0.0.1:${closedPort()}`);
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot watch http:\/\/127\.0\.0\.1:\d+\/metrics: .+\n$/);
  });

  Deno.test(`${name} says in one line why it cannot watch, with exit code 2, when the address is an HTML page`, async () => {
    const page = () =>
      new Response("<!doctype html><title>hello</title>", { headers: { "content-type": "text/html" } });
    const { code, stderr } = await withServer(page, (url) => task(name, "--url", url));
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot watch .+text\/html; --metrics-url tells .+\n$/);
  });

  Deno.test(`${name} says in one line why it cannot watch, with exit code 2, when there are no metrics`, async () => {
    const missing = () => Response.json({ detail: "Not Found" }, { status: 404 });
    const { code, stderr } = await withServer(missing, (url) => task(name, "--url", url));
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot watch .+404; --metrics-url tells .+\n$/);
  });
}

Deno.test("monitor watches the target that answers and tells of the other, and refuses a port that is none", async () => {
  await using server = await SimulatedVllm.start();
  const out = await Deno.makeTempDir();
  try {
    const { code, stderr } = await task(
      ...["monitor", "--url", server.url, "--url", `http://127.0.0.1:${closedPort()}`],
      ...["--seconds", "2", "--out", out],
    );
    assert.equal(code, 0);
    assert.match(stderr, /^Cannot watch .+\nWatching /m);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
  const { host } = new URL(server.url);
  const twice = await task(
    ...["monitor", "--url", server.url, "--url", `${host}/metrics`, "--url", `HTTP://${host}/`],
    ...["--seconds", "2", "--out", `${out}-2`],
  );
  assert.equal(twice.code, 0);
  assert.equal(twice.stderr.match(/is given twice: it is watched once\n/g)?.length, 2);
  assert.match(twice.stderr, new RegExp(`Watching http://${host} every`));
  await Deno.remove(`${out}-2`, { recursive: true });
  const { port } = new URL(server.url);
  for (
    const [option, line] of [
      ["--page-port", /^Cannot serve the page on port \d+: Address already in use, wanted a free one\n$/],
      [
        "--exporter-port",
        /^Cannot serve metrics on 127\.0\.0\.1:\d+: Address already in use, wanted a free port\n$/,
      ],
    ] as const
  ) {
    const taken = await task("monitor", "--url", server.url, option, port, "--out", `${out}-3`);
    assert.equal(taken.code, 2);
    assert.match(taken.stderr, line);
    await assert.rejects(Deno.stat(`${out}-3`), Deno.errors.NotFound, "it leaves no folder");
  }
  const unrecorded = await task(
    ...["monitor", "--url", server.url, "--record", "/no/such/x", "--out", `${out}-3`],
  );
  assert.equal(unrecorded.code, 2);
  assert.match(
    unrecorded.stderr,
    /^Cannot record to \/no\/such\/x: No such file or directory, wanted a file/,
  );
  const wrong = await task("monitor", "--page-port", "99999");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /wanted a port, 0 to 65535/);
});

Deno.test("every task explains itself with --help and refuses an unknown option with exit code 2", async () => {
  for (const name of ["lab", "serve", "load", "monitor", "export", "report"]) {
    const help = await task(name, "--help");
    assert.equal(help.code, 0, name);
    assert.match(help.stdout, new RegExp(`^Usage: ${name} `));
    assert.doesNotMatch(help.stdout, /default: (?:false|\[\])/);
    const needed = name === "load" ? ["--url", "http://127.0.0.1:1"] : [];
    const wrong = await task(name, ...needed, "--no-such-option");
    assert.equal(wrong.code, 2, name);
    assert.match(wrong.stderr, /^unknown option '--no-such-option'; deno task \w+ --help explains it\n$/);
  }
});

Deno.test("main refuses a task that does not exist with exit code 2", async () => {
  const { code, stderr } = await task("dance");
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot run "dance": no such task, wanted one of lab, /);
});

Deno.test("load refuses an address that is not this machine's until somebody agrees", async () => {
  const { code, stderr } = await task(
    "load",
    "--url",
    "http://192.0.2.1:8000",
    "--model",
    "m",
    "--requests",
    "3",
  );
  assert.equal(code, 2);
  assert.match(stderr, /Cannot load 192\.0\.2\.1:8000: .+--yes\n$/);
});

Deno.test("load and monitor work on a server and leave their files", async () => {
  await using server = await SimulatedVllm.start({ seed: 5 });
  const directory = await Deno.makeTempDir();
  try {
    const watched = task("monitor", "--url", server.url, "--seconds", "4", "--out", `${directory}/watched`);
    const loaded = await task(
      "load",
      "--url",
      server.url,
      "--requests",
      "6",
      "--concurrency",
      "6",
      "--max-tokens",
      "10",
      "--out",
      `${directory}/loaded`,
    );
    assert.equal(loaded.code, 0, loaded.stderr);
    assert.match(loaded.stdout, /6 \/ 6/);
    const rows = JSON.parse(await Deno.readTextFile(`${directory}/loaded/vllm_bench.json`));
    assert.equal(rows.completed, 6);
    const { code, stdout, stderr } = await watched;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Watched: http:\/\/127\.0\.0\.1:\d+\/metrics vllm 0\.32\.0 .+\(simulated\)/);
    const names = [...Deno.readDirSync(`${directory}/watched`)].map((entry) => entry.name).sort();
    assert.ok(
      names.some((name) => name.endsWith("_vllm.csv") || /_127\.0\.0\.1.*\.csv$/.test(name)),
      names.join(),
    );
    assert.ok(names.includes("report.html"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("export and report read the recording that is named and say so when it is none", async () => {
  const path = await Deno.makeTempFile({ suffix: ".sqlite" });
  try {
    await Deno.writeTextFile(path, "not a database");
    for (const name of ["export", "report"]) {
      const { code, stderr } = await task(name, path);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^Cannot open .+\n$/);
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("monitor and load refuse a place that is no folder, and a folder that holds a run, with exit code 2", async () => {
  await using server = await SimulatedVllm.start({ seed: 5 });
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/file`, "");
    await Deno.mkdir(`${directory}/run`);
    await Deno.writeTextFile(`${directory}/run/recording.sqlite`, "");
    for (const name of ["monitor", "load"]) {
      const inFile = await task(name, "--url", server.url, "--out", `${directory}/file`);
      assert.equal(inFile.code, 2);
      assert.match(inFile.stderr, /^Cannot write to .+\/file: .+, wanted a folder\n$/);
      const twice = await task(name, "--url", server.url, "--out", `${directory}/run`);
      assert.equal(twice.code, 2);
      assert.match(twice.stderr, /Cannot write to .+\/run: it holds a run already, wanted a new folder\n$/);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("lab asks the API before it begins and names the key when that is refused", async () => {
  const answer = (request: Request) =>
    new URL(request.url).pathname === "/metrics"
      ? new Response("# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 0\n")
      : new Response("no", { status: 401 });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  try {
    const { code, stderr } = await task("lab", "--url", `http://127.0.0.1:${server.addr.port}`);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^Cannot load 127\.0\.0\.1:\d+: .*401.* LAB_API_KEY .*\n$/);
  } finally {
    await server.shutdown();
  }
});

Deno.test("monitor ends in order when nobody reads it any more", async () => {
  await using server = await SimulatedVllm.start();
  const folder = await Deno.makeTempDir();
  try {
    const unread = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, "monitor", "--url", server.url, "--out", folder],
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = unread.stdout.getReader();
    await reader.read();
    await reader.cancel();
    assert.equal((await unread.status).code, 0);
    assert.ok([...Deno.readDirSync(folder)].some(({ name }) => name === "report.md"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
