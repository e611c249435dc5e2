/**
 * Lists what the public door exports, types included: one name a line, sorted. The test of the architecture compares it
 * with `test/exports.txt`, so that every change of the door shows as a difference of that file.
 *
 *     deno run -A tools/exports.ts > test/exports.txt
 *
 * @module
 */
import { isJsonObject, objectAt, stringAt } from "../src/formats/json.ts";
import { complain, readArguments, WRONG_USE } from "./arguments.ts";
import { PROJECT } from "./gate/process.ts";

/**
 * Names of `src/mod.ts`, sorted.
 *
 * @throws TypeError when `deno doc` fails or says something unexpected
 */
export async function exportedNames(): Promise<readonly string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "src/mod.ts"],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new TypeError(`Cannot list exports: deno doc failed: ${decoder.decode(stderr)}`);
  const documentation: unknown = JSON.parse(decoder.decode(stdout));
  if (!isJsonObject(documentation)) throw new TypeError("Cannot list exports: deno doc gave no object");
  const names = Object.values(objectAt(documentation, "nodes")).flatMap((module) => {
    const symbols = isJsonObject(module) ? module["symbols"] : undefined;
    return Array.isArray(symbols)
      ? symbols.filter(isJsonObject).map((symbol) => stringAt(symbol, "name"))
      : [];
  });
  return [...new Set(names)].filter((name) => name !== "").sort();
}

const COMMAND = "deno run -A tools/exports.ts";

async function main(): Promise<number> {
  const given = readArguments(COMMAND, {
    args: Deno.args,
    options: { help: { type: "boolean", short: "h" } },
  });
  if ("wrong" in given) {
    complain(given.wrong);
    return WRONG_USE;
  }
  const text = given.read.values.help
    ? `Usage: ${COMMAND} > test/exports.txt\n`
    : (await exportedNames()).map((name) => `${name}\n`).join("");
  Deno.stdout.writeSync(new TextEncoder().encode(text));
  return 0;
}

if (import.meta.main) Deno.exit(await main());
