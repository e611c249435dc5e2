import assert from "node:assert/strict";
import { makePicture } from "../../src/charts/picture.ts";
import { renderPng } from "../../src/charts/png.ts";
import { ANALYZER_EN } from "../../src/text/analyzer_en.ts";
import { ANALYZER_ZH_TW } from "../../src/text/analyzer_zh_tw.ts";
import { CHARTS_EN } from "../../src/text/charts_en.ts";
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

Deno.test("every character of the texts on pictures is in the shipped fonts", async () => {
  const all = [CHARTS_EN, ANALYZER_EN, CHARTS_ZH_TW, ANALYZER_ZH_TW, CAUSES_ZH_TW, QUANTITIES_ZH_TW];
  const texts = all.map((each) => sourceOf(each)).join("");
  const characters = [...new Set(texts)].filter((each) => each > "\u007f");
  assert.ok(characters.length > 150);
  const missing = await widthlessLike("\ue000", characters);
  assert.deepEqual(missing, []);
});

Deno.test("bold text with Chinese characters is bold in PNG, whatever character of titles it has", async () => {
  const one = (weight: string, part: string) =>
    renderPng(
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 30" font-family="Noto Sans"><text x="2" y="20" ` +
        `font-size="16"${weight}>時<tspan${part}>12</tspan></text></svg>`,
    );
  const bold700 = ' font-weight="700"';
  assert.notDeepEqual(await one(bold700, ""), await one("", ""));
  // A legend's value behind its Chinese name.
  assert.notDeepEqual(await one("", bold700), await one("", ""));
  const { titles, severities, confidences } = ANALYZER_ZH_TW;
  const texts = [CHARTS_ZH_TW, QUANTITIES_ZH_TW, titles, severities, confidences].map(sourceOf).join("");
  // Full-width punctuation has no bold form here.
  const characters = [...new Set(texts)].filter((each) => /[\u4e00-\u9fff]/.test(each));
  assert.ok(characters.length > 150);
  const regular = await drawCells(characters, "");
  const bold = await drawCells(characters, ' font-family="Noto Sans TC" font-weight="700"');
  assert.deepEqual(characters.filter((_, index) => regular[index] === bold[index]), []);
});

/** All strings in a table of texts, and the source of its functions. */
function sourceOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "function") return value.toString();
  if (typeof value === "object" && value !== null) return Object.values(value).map(sourceOf).join("");
  return "";
}

/** Characters that look exactly like one that no font has. */
async function widthlessLike(absent: string, characters: readonly string[]): Promise<string[]> {
  const [box, ...cells] = await drawCells([absent, ...characters], "");
  const blank = "0,".repeat(24 * 24 * 4).slice(0, -1);
  return characters.filter((_, index) => [box, blank].includes(cells[index]));
}

/** The pixels of each character, drawn alone in a square of its own with the shipped fonts. */
async function drawCells(characters: readonly string[], attributes: string): Promise<string[]> {
  const { Resvg } = await import("@resvg/resvg-wasm");
  const columns = 40;
  const rows = Math.ceil(characters.length / columns);
  const cells = characters.map((each, index) =>
    `<text x="${(index % columns) * 24 + 2}" y="${
      Math.floor(index / columns) * 24 + 18
    }" font-size="16"${attributes}>${each}</text>`
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * 24} ${rows * 24}"` +
    ` font-family="Noto Sans">${cells.join("")}</svg>`;
  // The fonts are read once more here, since the renderer of the pictures hands out only PNG.
  const folder = new URL("../../assets/fonts/", import.meta.url);
  const fontBuffers: Uint8Array[] = [];
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".woff2")
  );
  for (const name of names.sort()) fontBuffers.push(await Deno.readFile(new URL(name, folder)));
  // The renderer is initialised with the first picture.
  await renderPng(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>`);
  const { pixels, width } = new Resvg(svg, { font: { fontBuffers, defaultFontFamily: "Noto Sans" } })
    .render();
  return characters.map((_, index) => {
    const [left, top] = [(index % columns) * 24, Math.floor(index / columns) * 24];
    const lines = Array.from(
      { length: 24 },
      (_, y) => pixels.subarray(((top + y) * width + left) * 4, ((top + y) * width + left + 24) * 4).join(),
    );
    return lines.join();
  });
}
