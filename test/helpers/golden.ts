/**
 * Golden pictures: a picture must equal the file of its name. A mismatch writes `NAME.changed.svg` beside it;
 * `GOLDEN_UPDATE=1 deno test -A test/charts` accepts what is drawn.
 *
 * @module
 */
import assert from "node:assert/strict";

const FOLDER = new URL("../golden/", import.meta.url);

/** Compares a picture with its golden file. Line breaks between elements make differences readable. */
export async function assertGolden(name: string, svg: string): Promise<void> {
  const drawn = svg.replaceAll("><", ">\n<") + "\n";
  const file = new URL(`${name}.svg`, FOLDER);
  const changed = new URL(`${name}.changed.svg`, FOLDER);
  if (Deno.env.get("GOLDEN_UPDATE") === "1") {
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, drawn);
    await Deno.remove(changed).catch(ignoreMissing);
    return;
  }
  const expected = await Deno.readTextFile(file).catch(ignoreMissing);
  if (drawn === expected) return;
  await Deno.mkdir(new URL(".", file), { recursive: true });
  await Deno.writeTextFile(changed, drawn);
  assert.fail(
    `${name}.svg differs; look at test/golden/${name}.changed.svg, then run with GOLDEN_UPDATE=1 if it is right`,
  );
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound) return undefined;
  throw error;
}
