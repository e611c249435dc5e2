/**
 * The rules that the compiler does not know: who may import whom, what pure code may not touch, sizes, names, versions.
 */
import assert from "node:assert/strict";
import { isJsonObject, objectAt } from "../src/formats/json.ts";
import { exportedNames } from "../tools/exports.ts";
import { layerOf, MAY_IMPORT } from "../tools/gate/layers.ts";
import { PROJECT, projectFiles } from "../tools/gate/process.ts";

const SOURCES = await readAll(await projectFiles(["src"], [".ts"]));
const ALL_CODE = await readAll(await projectFiles(["src", "tools", "test", "bench"], [".ts", ".js"]));

const LAYER_OF_FILE = new Map(SOURCES.map(({ path, text }) => [path, layerOf(path, text)]));

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

async function readAll(paths: readonly string[]): Promise<readonly SourceFile[]> {
  return await Promise.all(
    paths.map(async (path) => ({ path, text: await Deno.readTextFile(PROJECT + path) })),
  );
}

/** What a file imports: `from "…"`, `import "…"`, `import("…")`, also types and re-exports. */
function importsOf(text: string): readonly string[] {
  const code = withoutComments(text);
  return [
    ...code.matchAll(/^\s*(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']/gm),
    ...code.matchAll(/^\s*import\s*["']([^"']+)["']/gm),
    ...code.matchAll(/\bimport\(\s*["']([^"']+)["']/g),
  ].map((match) => match[1] ?? "");
}

/** Good enough for our own formatted code: a comment begins a line or follows a blank. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** Path within `src/` of a relative import; undefined for packages. */
function resolveWithin(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

Deno.test("every file of src stands in the table of layers", () => {
  const unknown = SOURCES.filter(({ path, text }) => layerOf(path, text) === undefined);
  assert.deepEqual(unknown.map(({ path }) => path), []);
});

Deno.test("imports go one way: pure, edge, view, door; sentences only for views and doors", () => {
  const wrong: string[] = [];
  for (const { path, text } of SOURCES) {
    const layer = layerOf(path, text);
    for (const specifier of importsOf(text)) {
      const target = resolveWithin(path, specifier);
      if (target === undefined || layer === undefined) continue;
      const targetLayer = LAYER_OF_FILE.get(target);
      if (isToolOfCli(path, target)) continue;
      if (targetLayer === undefined || !MAY_IMPORT[layer].includes(targetLayer)) {
        wrong.push(`${path} (${layer}) imports ${target} (${targetLayer ?? "no file of src"})`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

/** The command line runs the notebook tools; nothing else in src knows them. */
function isToolOfCli(path: string, target: string): boolean {
  return path.startsWith("src/cli/") && target.startsWith("tools/");
}

Deno.test("nobody in src imports the public door", () => {
  const wrong = SOURCES.flatMap(({ path, text }) =>
    importsOf(text).filter((specifier) =>
      specifier === "#lab" || resolveWithin(path, specifier) === "src/mod.ts"
    ).map((specifier) => `${path}: ${specifier}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("the public door only re-exports", () => {
  const door = SOURCES.filter(({ path }) => /^src\/mod(_types)?\.ts$/.test(path));
  assert.equal(door.length, 2);
  const statements = door.flatMap(({ text }) => withoutComments(text).split(";")).map((statement) =>
    statement.trim()
  ).filter((statement) => statement !== "");
  assert.deepEqual(
    statements.filter((statement) => !/^export\b[^=]*(\{[\s\S]*\}|\*)( from "[^"]+")?$/.test(statement)),
    [],
  );
});

Deno.test("pure code reads no clock, no randomness and no platform", () => {
  const forbidden =
    /\b(Date|Math\.random|performance|Deno|console|fetch|setTimeout|setInterval|setImmediate|queueMicrotask|crypto|process|navigator|localStorage|require)\b(?!["':?])/;
  const wrong: string[] = [];
  for (const { path, text } of SOURCES) {
    if (layerOf(path, text) !== "pure") continue;
    for (const [index, line] of withoutStrings(withoutCommentsKeepingLines(text)).split("\n").entries()) {
      const word = line.match(forbidden);
      if (word !== null && !isMember(line, word)) wrong.push(`${path}:${index + 1}: ${word[0]}`);
    }
    for (const specifier of importsOf(text)) {
      if (/^(node:|npm:|https?:)/.test(specifier)) wrong.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** `options.fetch` or a field called `process` is no global. */
function isMember(line: string, word: RegExpMatchArray): boolean {
  return /[.\w$]$/.test(line.slice(0, word.index)) || /^\s*(readonly )?$/.test(line.slice(0, word.index)) &&
      /^\s*[?]?\s*[:(]/.test(line.slice((word.index ?? 0) + word[0].length));
}

function withoutCommentsKeepingLines(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, "")).replace(
    /(^|\s)\/\/.*$/gm,
    "$1",
  );
}

function withoutStrings(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""').replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

Deno.test("only the notebook's front end touches Deno.jupyter", () => {
  const users = SOURCES.filter(({ text }) => withoutStrings(withoutComments(text)).includes("Deno.jupyter"));
  assert.deepEqual(users.map(({ path }) => path), ["src/notebook/frontend.ts"]);
});

Deno.test("no file is longer than 400 lines", () => {
  const long = ALL_CODE.filter(({ text }) => text.split("\n").length > 401);
  assert.deepEqual(long.map(({ path, text }) => `${path}: ${text.split("\n").length - 1}`), []);
});

Deno.test("nothing is typed any, and no check is switched off", () => {
  const switches =
    /@ts-(ignore|nocheck|expect-error)|deno-lint-ignore-file|deno-lint-ignore\s*(no-explicit-any|\n)/;
  const wrong = ALL_CODE.filter(({ path }) => path !== "test/architecture_test.ts").flatMap(
    ({ path, text }) => {
      const code = withoutStrings(withoutComments(text));
      const found = [
        code.match(/(?::|<|\bas)\s*any\b/),
        text.match(switches),
        text.match(/\b(TODO|FIXME)\b/),
      ];
      return found.flatMap((match) => match === null ? [] : [`${path}: ${match[0]}`]);
    },
  );
  assert.deepEqual(wrong, []);
});

Deno.test("no tracked text holds the path of this checkout", async () => {
  const folders = ["src", "tools", "test", "bench", "docs", "notebooks", "data", ".ci"];
  const texts = await readAll(
    await projectFiles(folders, [".ts", ".js", ".json", ".md", ".ipynb", ".svg", ".csv", "run"]),
  );
  // A checkout in "/app" says nothing: such a path may stand in a text for other reasons.
  const says = PROJECT.split("/").filter((part) => part !== "").length > 1;
  const wrong = texts.filter(({ path, text }) =>
    says && !path.startsWith("data/runs/") && text.includes(PROJECT)
  );
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

Deno.test("the names that the public door exports are those of test/exports.txt", async () => {
  const listed = (await Deno.readTextFile(`${PROJECT}test/exports.txt`)).split("\n").filter((name) =>
    name !== ""
  );
  const exported = await exportedNames();
  const change = {
    added: exported.filter((name) => !listed.includes(name)),
    removed: listed.filter((name) => !exported.includes(name)),
  };
  const remedy = "when the change is meant: deno run -A tools/exports.ts > test/exports.txt";
  assert.deepEqual(change, { added: [], removed: [] }, `${JSON.stringify(change)}; ${remedy}`);
  assert.deepEqual(listed, exported, remedy);
});

Deno.test("packages have exact versions, and none is added unseen", async () => {
  const config: unknown = JSON.parse(await Deno.readTextFile(`${PROJECT}deno.json`));
  assert.ok(isJsonObject(config));
  const imports = objectAt(config, "imports");
  for (const [name, target] of Object.entries(imports)) {
    if (name === "#lab") continue;
    assert.match(String(target), new RegExp(`^npm:${name.replace("/", "\\/")}@\\d+\\.\\d+\\.\\d+$`));
  }
  assert.deepEqual(Object.keys(imports).filter((name) => name !== "#lab").sort(), [
    "@observablehq/plot",
    "@resvg/resvg-wasm",
    "commander",
    "fast-check",
    "highlight.js",
    "hyparquet-writer",
    "linkedom",
    "marked",
    "parse-prometheus-text-format",
    "simple-statistics",
    "systeminformation",
    "uplot",
  ]);
});

Deno.test("packages are imported through the map of deno.json only", () => {
  const wrong = ALL_CODE.flatMap(({ path, text }) =>
    importsOf(text).filter((specifier) => /^(npm:|jsr:|https?:|\/)/.test(specifier)).map((specifier) =>
      `${path}: ${specifier}`
    )
  );
  assert.deepEqual(wrong, []);
});
