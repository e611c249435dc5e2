/** `deno task serve`: its lists, and what it says before anything happens. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

function command(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "serve", ...args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
}

async function output(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await command(...args).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("serve --profile list shows what a profile comes to, in columns, and with --json where it is from", async () => {
  const { code, stdout } = await output("--profile", "list");
  assert.equal(code, 0);
  const [heads, ...rows] = stdout.split("\n\n")[0]!.split("\n");
  assert.match(heads!, /^profile +token alone +token busy +prompt tokens\/s +cache tokens +what$/);
  assert.match(
    rows.find((row) => row.startsWith("llama-8b-h100"))!,
    / 6\.7 ms +9\.0\d ms +27\.\dk +457k +Llama/,
  );
  const column = heads!.indexOf("what");
  assert.ok(
    rows.every((row) => row.slice(column - 2, column) === "  " && row[column] !== " "),
    "columns stand under each other",
  );
  const listed = JSON.parse((await output("--profile", "list", "--json")).stdout);
  assert.equal(listed.length, rows.length);
  assert.ok(
    listed.every(({ sources, figures }: { sources: string[]; figures: { aloneSeconds: number } }) =>
      sources.length > 0 && figures.aloneSeconds > 0
    ),
  );
});

Deno.test("serve --incident list tells what to watch, in both languages", async () => {
  const english = (await output("--incident", "list")).stdout;
  assert.match(
    english,
    /^cold-cache: The prefix cache goes cold\n {4}happens .+\n {4}watch .+\n {4}tells it apart .+$/m,
  );
  const chinese = (await output("--incident", "list", "--lang", "zh-TW")).stdout;
  assert.equal(chinese.match(/請觀察/g)?.length, english.match(/^ {4}watch/gm)?.length);
});

Deno.test("serve list shows everything that can be chosen, and refuses another word", async () => {
  const { code, stdout } = await output("list");
  assert.equal(code, 0);
  const [profiles, versions, incidents] = ["--profile", "--vllm-version", "--incident"].map((option) =>
    stdout.indexOf(`${option}\n\n`)
  );
  assert.ok(profiles === 0 && versions! > 0 && incidents! > versions!);
  assert.ok(stdout.includes((await output("--profile", "list")).stdout));
  assert.ok(stdout.includes((await output("--incident", "list")).stdout));
  assert.deepEqual(Object.keys(JSON.parse((await output("list", "--json")).stdout)), [
    "profiles",
    "versions",
    "incidents",
  ]);
  const wrong = await output("lsit");
  assert.deepEqual([wrong.code, wrong.stderr], [
    2,
    'Cannot serve "lsit": wanted "list", or options (--help tells them)\n',
  ]);
});

Deno.test("serve says how to begin and what is planned", async () => {
  const serving = command("--port", "0", "--incident", "cold-cache@60s+30s", "--speculative", "2@0.5")
    .spawn();
  const reader = serving.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("Watch:")) {
    const { done, value } = await reader.read();
    assert.ok(!done, text);
    text += value;
  }
  const url = /on (http:\/\/127\.0\.0\.1:\d+) /.exec(text)![1]!;
  assert.ok(text.includes(`curl ${url}/v1/completions -H 'content-type: application/json'`));
  assert.match(text, /^At 60 s for 30 s: The prefix cache goes cold\. Watch: The hit rate falls/m);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /spec_decode_num_accepted_tokens_per_pos_total\{.*position="1"\}/);
  assert.doesNotMatch(metrics, /position="2"/);
  serving.kill("SIGTERM");
  await Promise.all([reader.cancel(), serving.stderr.cancel(), serving.status]);
});

for (const value of ["0", "x", "3@2", "3@"]) {
  Deno.test(`serve refuses --speculative ${value} with exit code 2`, async () => {
    const { code, stderr } = await output("--speculative", value);
    assert.equal(code, 2);
    assert.match(stderr, /wanted a number of tokens and a ratio from 0 to 1, like 3@0\.7/);
  });
}
