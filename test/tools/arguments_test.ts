import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readArguments } from "../../tools/arguments.ts";

Deno.test("readArguments() gives values, or one sentence without the parser's advice", () => {
  const options = { project: { type: "boolean" }, out: { type: "string" } } as const;
  const read = (...args: string[]) => readArguments("deno task kernel", { args, options });
  const good = read("--project");
  assert.ok("read" in good && good.read.values.project === true);
  const rows = [
    ["--wrong", "unknown option '--wrong'"],
    ["word", "unexpected argument 'word'"],
    ["--out", "option '--out <value>' argument missing"],
  ] as const;
  for (const [argument, sentence] of rows) {
    assert.deepEqual(read(argument), { wrong: `${sentence}; deno task kernel --help explains it` });
  }
});

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

for (
  const [tool, args, code, line] of [
    [
      "tools/kernelspec.ts",
      ["--wrong"],
      2,
      /^unknown option '--wrong'; deno task kernel --help explains it\n$/,
    ],
    ["tools/notebooks.ts", ["--wrong"], 2, /^unknown option '--wrong'/],
    [
      "tools/notebooks.ts",
      ["/no/such.ipynb"],
      2,
      /^Cannot run \/no\/such\.ipynb: No such file or directory, wanted a/,
    ],
    ["tools/notebooks.ts", ["deno.json"], 2, /^Cannot run deno\.json: [^\n]+, wanted a notebook\n$/],
    ["tools/check_gpu.ts", ["--wrong"], 2, /^unknown option '--wrong'/],
    [
      "tools/exports.ts",
      ["--wrong"],
      2,
      /^unknown option '--wrong'; deno run -A tools\/exports\.ts --help explains it\n$/,
    ],
    ["tools/exports.ts", ["src/mod.ts"], 2, /^unexpected argument 'src\/mod\.ts'/],
    [
      "tools/run_notebook.ts",
      ["--wrong"],
      2,
      /^unknown option '--wrong'; deno run -A tools\/run_notebook\.ts --help explains it\n$/,
    ],
    ["tools/run_notebook.ts", [], 2, /^Usage: [^\n]+\n$/],
    ["tools/run_notebook.ts", ["--help"], 0, /^$/],
    [
      "tools/run_notebook.ts",
      ["a.ipynb", "--timeout", "soon"],
      2,
      /^Cannot run a\.ipynb: --timeout is "soon", w/,
    ],
    [
      "tools/run_notebook.ts",
      ["no.ipynb"],
      2,
      /^Cannot run no\.ipynb: No such file[^\n]+, wanted a notebook\n$/,
    ],
    ["tools/check_notebook.ts", ["--wrong"], 2, /^unknown option '--wrong'; [^\n]+\n$/],
    ["tools/check_notebook.ts", ["no.ipynb"], 2, /^Cannot check no\.ipynb: [^\n]+, wanted a notebook\n$/],
    ["tools/make_shipped_data.ts", ["--wrong"], 2, /^unknown option '--wrong'; [^\n]+\n$/],
    ["tools/make_shipped_data.ts", [], 2, /^Usage: [^\n]+\n$/],
    [
      "tools/make_shipped_data.ts",
      ["docs"],
      2,
      /^Cannot make the data: docs has no manifest\.json, [^\n]+\n$/,
    ],
    ["tools/record_system.ts", ["--wrong"], 2, /^Usage: [^\n]+\n$/],
    ["tools/test.ts", ["--gate", "--wrong"], 2, /^the gate takes no --wrong/],
    ["bench/main.ts", ["--wrong"], 2, /^Cannot run the benchmark "--wrong": wanted one of parser/],
    ["bench/main.ts", ["--help"], 0, /^$/],
    ["tools/check_gpu.ts", ["--help"], 0, /^$/],
  ] as const
) {
  Deno.test(`${tool} ${args.join(" ")} ends with ${code} and no stack trace`, async () => {
    const { code: got, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `${ROOT}${tool}`, ...args],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(got, code, text);
    assert.match(text, line);
  });
}
