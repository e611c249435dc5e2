/**
 * Every example of the documentation compiles and runs as it stands: those of doc comments, of README.md and of docs/.
 * Addresses lead to servers of this test, and files into a folder that is removed.
 */
import assert from "node:assert/strict";
import { createRecording } from "../src/recording/writer.ts";
import { SimulatedVllm } from "../src/simulator/server/simulated_vllm.ts";
import { PROJECT, projectFiles } from "../tools/gate/process.ts";

interface Example {
  /** File and number within it. */
  readonly name: string;
  readonly code: string;
}

/** Blocks of TypeScript, of a doc comment without its stars. */
function examplesOf(path: string, text: string): readonly Example[] {
  const plain = path.endsWith(".ts") ? text.replace(/^ *\* ?/gm, "") : text;
  return [...plain.matchAll(/^```ts\b[^\n]*\n([\s\S]*?)^```$/gm)].map(([, code = ""], index) => ({
    name: `${path}#${index + 1}`,
    code,
  }));
}

async function allExamples(): Promise<readonly Example[]> {
  const paths = [
    ...await projectFiles(["src"], [".ts"]),
    ...await projectFiles(["docs"], [".md"]),
    "README.md",
    "CONTRIBUTING.md",
  ];
  const found = await Promise.all(
    paths.map(async (path) => examplesOf(path, await Deno.readTextFile(PROJECT + path))),
  );
  return found.flat();
}

/** Answers a Prometheus' API for a server that holds nothing, and takes what is written to it. */
function emptyPrometheus(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname.endsWith("/write")) return new Response(null, { status: 204 });
  const data = pathname.endsWith("/metadata") || pathname.endsWith("/status/buildinfo")
    ? {}
    : /\/query(_range)?$/.test(pathname)
    ? { resultType: "matrix", result: [] }
    : [];
  return Response.json({ status: "success", data });
}

async function deno(args: readonly string[], folder: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: folder,
    env: { NO_COLOR: "1", LAB_OUTPUT: folder, LAB_URL: "", LAB_MODE: "", LAB_LANG: "" },
  }).output();
  const decoder = new TextDecoder();
  return code === 0 ? "" : decoder.decode(stdout) + decoder.decode(stderr);
}

Deno.test("every example compiles, and runs in a few seconds", async () => {
  const folder = await Deno.makeTempDir({ prefix: "examples_" });
  await using vllm = await SimulatedVllm.start({ seed: 1 });
  await using prometheus = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, emptyPrometheus);
  try {
    await Deno.mkdir(`${folder}/data/runs/2026-11-25`, { recursive: true });
    createRecording(`${folder}/data/runs/2026-11-25/recording.sqlite`).close();
    const examples = await allExamples();
    assert.ok(examples.length >= 25, String(examples.length));
    const there = (code: string) =>
      code.replaceAll("http://127.0.0.1:8000", vllm.url)
        .replaceAll("http://127.0.0.1:9090", `http://127.0.0.1:${prometheus.addr.port}`)
        .replaceAll("port: 9417", "port: 0")
        .replaceAll("wait(30)", "wait(1)");
    const files = examples.map((_, index) => `example_${index}.ts`);
    for (const [index, { code }] of examples.entries()) {
      await Deno.writeTextFile(`${folder}/${files[index]}`, `${there(code)}\nexport {};\n`);
    }
    const run = examples.map(({ name }, index) =>
      `await import("./${files[index]}").catch((error) => problems.push(${
        JSON.stringify(name)
      } + ": " + (error.stack ?? error)));`
    );
    await Deno.writeTextFile(
      `${folder}/all.ts`,
      `const problems: string[] = [];\n${run.join("\n")}\n` +
        'if (problems.length > 0) throw new Error(problems.join("\\n"));\n',
    );
    const options = ["--config", `${PROJECT}deno.json`, "--quiet"];
    assert.equal(await deno(["check", ...options, ...files], folder), "");
    assert.equal(await deno(["run", "-A", "--no-check", ...options, "all.ts"], folder), "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
