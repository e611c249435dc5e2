/**
 * Checks that pure code uses nothing but ECMAScript: no files, network, timers, clocks, console.
 *
 * @module
 */
import { isJsonObject, type JsonObject, objectAt } from "../../src/formats/json.ts";
import { layerOf } from "./layers.ts";
import { deno, PROJECT, projectFiles } from "./process.ts";

/** What does not compile when platform types are taken away; "" when everything does. */
export async function purityProblems(signal: AbortSignal): Promise<string> {
  const files = await pureFiles();
  const directory = await Deno.makeTempDir({ prefix: "purity_" });
  try {
    const config = `${directory}/deno.json`;
    await Deno.writeTextFile(config, JSON.stringify(await pureConfig()));
    const { code, output } = await deno(["check", "--quiet", "--config", config, ...files], { signal });
    return code === 0 ? "" : output;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function pureFiles(): Promise<readonly string[]> {
  const files = await projectFiles(["src"], [".ts"]);
  const layers = await Promise.all(
    files.map(async (path) => layerOf(path, await Deno.readTextFile(PROJECT + path))),
  );
  return files.filter((_, index) => layers[index] === "pure");
}

/** The project's own configuration with other libraries. */
async function pureConfig(): Promise<JsonObject> {
  const config: unknown = JSON.parse(await Deno.readTextFile(`${PROJECT}deno.json`));
  if (!isJsonObject(config)) throw new TypeError("Cannot check purity: deno.json is no object");
  return {
    lock: false,
    nodeModulesDir: "none",
    imports: { "simple-statistics": objectAt(config, "imports")["simple-statistics"] },
    compilerOptions: {
      ...objectAt(config, "compilerOptions"),
      lib: ["esnext"],
      types: [`${PROJECT}tools/purity.d.ts`],
    },
  };
}
