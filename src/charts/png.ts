/**
 * SVG → PNG with the shipped fonts: the same bytes on every machine, no system font, no network, no native addon.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const FONT_FOLDER = new URL("../../assets/fonts/", import.meta.url);
const LATIN_FONTS = ["noto-sans-latin-400-normal.woff2", "noto-sans-latin-700-normal.woff2"];
/** One megabyte: read only for a picture that has such characters. The small ones hold full-width punctuation. */
const CHINESE_FONTS = [
  "noto-sans-tc-chinese-traditional-400-normal.woff2",
  "noto-sans-tc-115-400-normal.woff2",
  "noto-sans-tc-118-400-normal.woff2",
  "noto-sans-tc-119-400-normal.woff2",
  // Behind the regular ones: a character that a font lacks is taken from the first that has it.
  "noto-sans-tc-lab-700-normal.woff2",
];
const CHINESE = /[\u2e80-\u9fff\uf900-\ufaff\ufe30-\uffef]/;

type ResvgModule = typeof import("@resvg/resvg-wasm");

let module: Promise<ResvgModule> | undefined;
const fonts = new Map<string, Promise<Uint8Array>>();

/** The module may be initialised only once in a process, so the promise is kept; after a failure the next call tries again. */
function loadResvg(): Promise<ResvgModule> {
  module ??= initialise().catch((error) => {
    module = undefined;
    throw error;
  });
  return module;
}

async function initialise(): Promise<ResvgModule> {
  const resvg = await import("@resvg/resvg-wasm");
  const path = fileURLToPath(import.meta.resolve("@resvg/resvg-wasm/index_bg.wasm"));
  await resvg.initWasm(await readFile(path));
  return resvg;
}

function loadFont(name: string): Promise<Uint8Array> {
  let font = fonts.get(name);
  if (font === undefined) {
    font = readFile(new URL(name, FONT_FOLDER)).then((bytes) => new Uint8Array(bytes));
    fonts.set(name, font);
  }
  return font;
}

/** The family that only the bold subset has: the renderer does not look at weights when it looks for a character. */
const BOLD_FAMILY = "Noto Sans TC";

/**
 * Bold text that has Chinese characters in the bold Chinese font; those that it lacks come out regular. A bold part of a
 * text takes that font too: the renderer draws a text whole in the font of its Chinese characters.
 */
function withBoldChinese(svg: string): string {
  return svg.replace(/<text(?! [^>]*font-family=)[^>]*>.*?<\/text>/g, (text) => {
    if (!CHINESE.test(text)) return text;
    return text.replace(
      /<(text|tspan)(?= [^>]*font-weight="700")/g,
      (begin) => `${begin} font-family="${BOLD_FAMILY}"`,
    );
  });
}

/** How a PNG is made. */
export interface PngOptions {
  /** Width in pixels; the height follows. Default: the SVG's own. */
  readonly widthPixels?: number;
}

/**
 * Renders a picture as PNG, always in its light colours.
 *
 * @throws Error when the SVG is not well-formed, or a shipped file is missing
 */
export async function renderPng(svg: string, options: PngOptions = {}): Promise<Uint8Array> {
  const isChinese = CHINESE.test(svg);
  const names = isChinese ? [...LATIN_FONTS, ...CHINESE_FONTS] : LATIN_FONTS;
  const [resvg, fontBuffers] = await Promise.all([loadResvg(), Promise.all(names.map(loadFont))]);
  const renderer = new resvg.Resvg(isChinese ? withBoldChinese(svg) : svg, {
    font: { fontBuffers, defaultFontFamily: "Noto Sans", sansSerifFamily: "Noto Sans" },
    ...(options.widthPixels === undefined ? {} : { fitTo: { mode: "width", value: options.widthPixels } }),
  });
  try {
    const image = renderer.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    renderer.free();
  }
}
