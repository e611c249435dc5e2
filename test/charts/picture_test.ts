import assert from "node:assert/strict";
import { makePicture } from "../../src/charts/picture.ts";
import { renderPng } from "../../src/charts/png.ts";
import { CHARTS_ZH_TW } from "../../src/text/charts_zh_tw.ts";
import { CAUSES_ZH_TW } from "../../src/text/causes_zh_tw.ts";
import { QUANTITIES_ZH_TW } from "../../src/text/quantities_zh_tw.ts";

const CONTENT = { title: "t", description: "d", width: 100, height: 50, body: "" };

Deno.test("makePicture() has a viewBox and no size, so that it fits wherever it is put", () => {
  const { svg } = makePicture(CONTENT, { id: "x" });
  const root = svg.slice(0, svg.indexOf(">"));
  assert.match(root, /viewBox="0 0 100 50"/);
  assert.doesNotMatch(root, / (width|height)=/);
});

Deno.test("makePicture() makes an id of the content, safe whatever was asked for", () => {
  assert.equal(makePicture(CONTENT).svg, makePicture(CONTENT).svg);
  assert.notEqual(idOf(makePicture(CONTENT).svg), idOf(makePicture({ ...CONTENT, body: "<path/>" }).svg));
  assert.equal(idOf(makePicture(CONTENT, { id: `7" onload="x` }).svg), "lab-7--onload--x");
});

function idOf(svg: string): string | undefined {
  return / id="([^"]*)"/.exec(svg)?.[1];
}

Deno.test("makePicture() makes dark rules for the colours that are used, and none when the theme is set", () => {
  const body = `<rect fill="#0072b2"/>`;
  const svg = makePicture({ ...CONTENT, body }, { id: "x" }).svg;
  assert.ok(svg.includes(`#x [fill="#0072b2"]{fill:#6cb6ff}`));
  assert.ok(!svg.includes("#d55e00"));
  assert.ok(!makePicture({ ...CONTENT, body }, { theme: "light" }).svg.includes("@media"));
  assert.ok(makePicture({ ...CONTENT, body }, { theme: "dark" }).svg.includes(`<rect fill="#6cb6ff"/>`));
});

Deno.test("a picture's PNG has its size, and the same bytes each time", async () => {
  const picture = makePicture({ ...CONTENT, body: `<text x="5" y="20" font-size="12">Label</text>` });
  const [first, second] = [await picture.png(), await renderPng(picture.svg)];
  assert.deepEqual(first, second);
  const view = new DataView(first.buffer, first.byteOffset);
  assert.deepEqual([view.getUint32(16), view.getUint32(20)], [100, 50]);
  assert.equal(new DataView((await renderPng(picture.svg, { widthPixels: 300 })).buffer).getUint32(16), 300);
});

Deno.test("every character of the Chinese texts is in the shipped fonts", async () => {
  const texts = [CHARTS_ZH_TW, CAUSES_ZH_TW, QUANTITIES_ZH_TW].map((each) => sourceOf(each)).join("");
  const characters = [...new Set(texts)].filter((each) => each > "\u007f");
  assert.ok(characters.length > 150);
  const missing = await widthlessLike("\ue000", characters);
  assert.deepEqual(missing, []);
});

/** All strings in a table of texts, and the source of its functions. */
function sourceOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "function") return value.toString();
  if (typeof value === "object" && value !== null) return Object.values(value).map(sourceOf).join("");
  return "";
}

/** Characters that look exactly like one that no font has, each drawn alone in a square of its own. */
async function widthlessLike(absent: string, characters: readonly string[]): Promise<string[]> {
  const { Resvg } = await import("@resvg/resvg-wasm");
  const columns = 40;
  const all = [absent, ...characters];
  const rows = Math.ceil(all.length / columns);
  const cells = all.map((each, index) =>
    `<text x="${(index % columns) * 24 + 2}" y="${
      Math.floor(index / columns) * 24 + 18
    }" font-size="16">${each}</text>`
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * 24} ${rows * 24}"` +
    ` font-family="Noto Sans">${cells.join("")}</svg>`;
  // The fonts are read once more here, since the renderer of the pictures hands out only PNG.
  const folder = new URL("../../assets/fonts/", import.meta.url);
  const fontBuffers: Uint8Array[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.endsWith(".woff2")) fontBuffers.push(await Deno.readFile(new URL(entry.name, folder)));
  }
  await renderPng(svg);
  const { pixels, width } = new Resvg(svg, { font: { fontBuffers, defaultFontFamily: "Noto Sans" } })
    .render();
  const cellOf = (index: number) => {
    const [left, top] = [(index % columns) * 24, Math.floor(index / columns) * 24];
    const lines = Array.from(
      { length: 24 },
      (_, y) => pixels.subarray(((top + y) * width + left) * 4, ((top + y) * width + left + 24) * 4).join(),
    );
    return lines.join();
  };
  const box = cellOf(0);
  const blank = "0,".repeat(24 * 24 * 4).slice(0, -1);
  return characters.filter((_, index) => [box, blank].includes(cellOf(index + 1)));
}
