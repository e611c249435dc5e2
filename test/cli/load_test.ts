/** `deno task load` and the commands' errors, as processes with the permissions that deno.json gives them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface TaskFile {
  readonly tasks: Readonly<Record<string, { readonly command: string }>>;
}

/** Runs a task with exactly the permissions that it has in deno.json. */
async function task(name: string, ...args: string[]) {
  const file: TaskFile = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const words = file.tasks[name]!.command.split(" ").slice(1);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...words, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", LAB_API_KEY: "" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** An OpenAI API that answers every completion the same way. */
async function withApi(
  answer: (request: Request) => Response | Promise<Response>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const models = { object: "list", data: [{ id: "m" }] };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.method === "GET") return Response.json(models);
    await request.text();
    return await answer(request);
  });
  await work(`http://127.0.0.1:${server.addr.port}`);
}

function stream(): Response {
  const token = (finish: string) =>
    `data: {"choices":[{"index":0,"text":"a","finish_reason":${finish}}]}\n\n`;
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n';
  return new Response(`${token("null")}${token('"stop"')}${usage}data: [DONE]\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}

const FEW = ["--requests", "4", "--concurrency", "2"];

Deno.test("load ends with 0 when its objective is kept, with 1 when it is missed", () =>
  withFolder((folder) =>
    withApi(stream, async (url) => {
      const load = (objective: string, out: string) =>
        task("load", "--url", url, ...FEW, "--objective", objective, "--out", `${folder}/${out}`);
      const [kept, missed] = [await load("ttft=60s,e2e=60s", "a"), await load("ttft=1us@50%", "b")];
      assert.equal(kept.code, 0, kept.stderr);
      assert.match(kept.stdout, /Requests: 4 = 4 ok\.\n/);
      assert.match(
        kept.stdout,
        /\nOK Objective ttft=60s,e2e=60s: 100% of 4 requests \(4\), wanted 99%: met so far, too few requests to be sure\.\n/,
      );
      assert.equal(missed.code, 1, missed.stderr);
      assert.match(
        missed.stdout,
        /\nFAIL Objective ttft=1µs: 0% of 4 requests \(0\), wanted 50%: missed\.\n/,
      );
    })
  ));

Deno.test("load --json and load.json say what the table says of the way to the engine", () =>
  withFolder((folder) =>
    withApi(stream, async (url) => {
      const { code, stdout, stderr } = await task("load", "--url", url, ...FEW, "--json", "--out", folder);
      assert.equal(code, 0, stderr);
      // This server's page of metrics is none.
      const { completed, outside_engine_ttft_ms, outside_engine_ttft_absent } = JSON.parse(stdout);
      assert.deepEqual([completed, outside_engine_ttft_ms, outside_engine_ttft_absent], [
        4,
        null,
        "not_metrics",
      ]);
      const { outside } = JSON.parse(await Deno.readTextFile(`${folder}/load.json`));
      assert.deepEqual(outside.e2e.absent.code, "not_metrics");
    })
  ));

Deno.test("load --price tells in the plan what it may cost, and in the end what it did", () =>
  withFolder((folder) =>
    withApi(stream, async (url) => {
      const price = ["--price", "1000,100000", "--max-tokens", "2"];
      const { stdout, stderr } = await task("load", "--url", url, ...FEW, ...price, "--out", folder);
      assert.match(stderr, /\nprice: \d/);
      // Four answers of 3 tokens in and 2 out.
      assert.match(stdout, /Requests: 4 = 4 ok\.\nprice: 0\.812\n/);
    })
  ));

Deno.test("load says once why requests failed, trusts no times where there are none, and ends with 1", () =>
  withFolder((folder) =>
    withApi(() => Response.json({ error: { message: "queue full" } }, { status: 503 }), async (url) => {
      const { code, stdout } = await task("load", "--url", url, ...FEW, "--out", folder);
      assert.equal(code, 1);
      assert.match(stdout, /4 × refused or failed: HTTP 503: queue full\n/);
      assert.match(stdout, /was not measured: no time was measured/);
    })
  ));

Deno.test("load names LAB_API_KEY where the server refuses a key in the middle of a run", () =>
  withFolder((folder) => {
    let answered = 0;
    const expires = () =>
      answered++ < 2 ? stream() : Response.json({ error: "Unauthorized" }, { status: 401 });
    return withApi(expires, async (url) => {
      const { code, stdout } = await task("load", "--url", url, ...FEW, "--out", folder);
      assert.equal(code, 0);
      assert.match(stdout, /Requests: 4 = 2 ok \+ 2 refused or failed\.\n/);
      assert.match(
        stdout,
        /\n2 × refused or failed: HTTP 401: Unauthorized \(check the key: LAB_API_KEY in the environment\)\n/,
      );
    });
  }));

Deno.test("load tells a server that is not there in one line and leaves no folder, also with --model", () =>
  withFolder(async (folder) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
    listener.close();
    const { code, stdout, stderr } = await task(
      "load",
      "--url",
      url,
      "--model",
      "m",
      "--out",
      `${folder}/none`,
    );
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /\nCannot load .+: connection refused by .+: nothing listens there\n$/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("load refuses more users or arrivals than can be before it tells a plan", () =>
  withFolder((folder) =>
    withApi(stream, async (url) => {
      for (
        const [size, line] of [
          [["--concurrency", "1000000000"], /^Cannot plan load: users 1000000000, wanted 100000 at most\n$/],
          [
            ["--rate", "1e9"],
            /^Cannot plan arrivals: more than 5000000, wanted a shorter run or a lower rate\n$/,
          ],
        ] as const
      ) {
        const { code, stderr } = await task("load", "--url", url, ...size, "--out", `${folder}/none`);
        assert.equal(code, 2);
        assert.match(stderr, line);
      }
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    })
  ));

const BAD: readonly (readonly [readonly string[], RegExp])[] = [
  [
    ["load", "--url", "127.0.0.1:1", "--engine", "epoll"],
    /^Cannot load with the engine "epoll": .+--allow-ffi/,
  ],
  [["load", "--url", "127.0.0.1:1", "--rate", "2", "--concurrency", "2"], /^Cannot load in two ways at once/],
  [
    ["load", "--url", "127.0.0.1:1", "--find-max"],
    /^Cannot search the highest rate: nothing .+ wanted --objective/,
  ],
  [["load", "--url", "127.0.0.1:1", "--within", "60"], /^Cannot end a search that is none: --within/],
  [
    ["load", "--url", "127.0.0.1:1", "--find-max", "--objective", "ttft=5s", "--within", "20"],
    /^Cannot search the highest rate: --within is shorter than one run, wanted at least --seconds/,
  ],
  [["load", "--url", "127.0.0.1:1", "--share", "90"], /^Cannot keep --share of nothing: wanted --objective/],
  [
    ["load", "--url", "127.0.0.1:1", "--find-max", "--objective", "ttft=5s", "--concurrency", "2"],
    /^Cannot search the highest rate at a given one: wanted --find-max without --rate/,
  ],
  [
    ["load", "--url", "127.0.0.1:1", "--rate", "2", "--think", "1"],
    /^Cannot let users think: .+--concurrency/,
  ],
  [["load", "--url", "127.0.0.1:1", "--burstiness", "0.5"], /^Cannot make arrivals bursty: .+ wanted --rate/],
  [
    ["load", "--url", "127.0.0.1:1", "--arrivals", "constant"],
    /^Cannot make arrivals constant: .+ wanted --rate/,
  ],
  [["load", "--url", "127.0.0.1:1", "--rate", "2", "--arrivals", "often"], /^Cannot load: arrivals "often"/],
  [["load", "--url", "127.0.0.1:1", "--objective", "ttft=5s@200%"], /wanted a percentage above 0, up to 100/],
  [
    ["load", "--url", "127.0.0.1:1", "--objective", "ttft=5s@90%", "--objective", "e2e=9s@95%"],
    /^Cannot keep objectives of different shares/,
  ],
  [["load", "--url", "127.0.0.1:1", "--objective", "ttft=5"], /^Cannot read objective "ttft=5": wanted/],
  [
    ["load", "--url", "127.0.0.1:1", "--prompts", "/no/such/file"],
    /^Cannot open \/no\/such\/file: No such file/,
  ],
  [
    ["load", "--url", "127.0.0.1:1", "--out", "/proc/none"],
    /^Cannot write to \/proc\/none: Requires all access/,
  ],
  [["export", "/no/such/file"], /^Cannot open \/no\/such\/file: No such file or directory\n$/],
  [
    ["export", "deno.json"],
    /^Cannot open deno\.json: it looks like JSON, wanted a recording\n$/,
  ],
  [["compare", "deno.json", "deno.json"], /^Cannot open deno\.json: (?!Cannot open)/],
  [
    ["compare", "README.md", "README.md"],
    /^Cannot compare README\.md: it looks like text, wanted a recording, or the JSON/,
  ],
  [
    ["push", "README.md", "--url", "http://127.0.0.1:1"],
    /^Cannot open README\.md: it looks like text, wanted a recording\n$/,
  ],
  [["report", "--out", "/proc/none"], /Cannot go on: Requires all access to "\/proc\/none"; run again with/],
  [["repair", "docs", "/no/such/folder/new"], /^Cannot repair docs: it is no file, wanted a recording\n$/],
  [
    ["serve", "--host", "nonsense.invalid", "--port", "0"],
    /^Cannot listen on nonsense\.invalid:0: failed to lookup address/,
  ],
  [["serve", "--engines", "100000"], /wanted a whole number, 1 to 256/],
  [["export", "--out", "README.md"], /\nCannot export to README\.md: File exists, wanted a directory/],
  [
    ["repair", "README.md", "/no/such/folder/new"],
    /^Cannot repair README\.md: it looks like text, wanted a recording/,
  ],
];

for (const [[name, ...args], line] of BAD) {
  Deno.test(`${name} ${args.join(" ")} ends with one line and exit code 2, no stack trace`, async () => {
    const { code, stderr } = await task(name!, ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, line);
    assert.doesNotMatch(stderr, /^ +at /m);
  });
}
