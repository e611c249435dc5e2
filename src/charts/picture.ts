/**
 * A finished picture: one SVG that stands alone, and its PNG.
 *
 * @module
 */
import { escapeXml } from "../base/escape.ts";
import { drawPanel, fullTitle, LARGE_PANEL, type Panel, tenth } from "./panel.ts";
import { loadPlotKit } from "./plot_kit.ts";
import { renderPng } from "./png.ts";
import { COLOR, darkened, darkRules, FONT_FAMILY, type Theme } from "./theme.ts";

/** A picture. `svg` has a `viewBox` and no size, so that it fits wherever it is put. */
export interface Picture {
  /** The whole picture, with its namespace. */
  readonly svg: string;
  /** In the SVG's units. */
  readonly width: number;
  /** In the SVG's units. */
  readonly height: number;
  /** Plain text. */
  readonly title: string;
  /**
   * The same picture as PNG in its light colours, made at the first call.
   *
   * @throws Error when a shipped font or the renderer is missing
   */
  png(): Promise<Uint8Array>;
}

/** What every picture can be told. */
export interface PictureOptions {
  /** Root id, unique on the page where several pictures stand inline. Default: made of the content, so equal content has an equal id. */
  readonly id?: string;
  /** In the SVG's units; every chart has a default. */
  readonly width?: number;
  /** In the SVG's units. */
  readonly height?: number;
  /** Default `auto`: light, and dark on a dark page. */
  readonly theme?: Theme;
}

/** Size of a chart that stands alone. */
export const CHART_WIDTH = 720;
export const CHART_HEIGHT = 320;

/** What the root of a picture needs. Texts are plain; `body` is SVG. */
export interface PictureContent {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  /** In the SVG's units. */
  readonly height: number;
  readonly body: string;
}

/** Puts a body into a root element with its title, description, fonts, background and dark colours. */
export function makePicture(content: PictureContent, options: PictureOptions = {}): Picture {
  const { title, description, width, height, body } = content;
  const theme = options.theme ?? "auto";
  const id = safeId(options.id) ?? `lab-${hash(title + body)}`;
  const inside = `<rect width="${tenth(width)}" height="${
    tenth(height)
  }" fill="${COLOR.background}"/>${body}`;
  const style = theme === "auto" ? `<style>${darkRules(id, inside)}</style>` : "";
  const light =
    `<svg xmlns="http://www.w3.org/2000/svg" id="${id}" viewBox="0 0 ${tenth(width)} ${tenth(height)}"` +
    ` role="img" aria-labelledby="${id}-t ${id}-d" font-family="${
      escapeXml(FONT_FAMILY)
    }" fill="${COLOR.text}">` +
    `<title id="${id}-t">${escapeXml(title)}</title><desc id="${id}-d">${escapeXml(description)}</desc>` +
    `${style}${inside}</svg>`;
  const svg = theme === "dark" ? darkened(light) : light;
  let png: Promise<Uint8Array> | undefined;
  return {
    svg,
    width,
    height,
    title,
    png() {
      png ??= renderPng(svg).catch((error) => {
        png = undefined;
        throw error;
      });
      return png;
    },
  };
}

/** A panel as a picture of its own. */
export async function panelPicture(panel: Panel, options: PictureOptions = {}): Promise<Picture> {
  const width = options.width ?? CHART_WIDTH;
  const height = options.height ?? CHART_HEIGHT;
  const kit = await loadPlotKit();
  const body = drawPanel(panel, {
    kit,
    box: { x: 0.5, y: 0.5, width: width - 1, height: height - 1 },
    sizes: LARGE_PANEL,
  });
  return makePicture(
    { title: fullTitle(panel), description: panel.description, width, height, body },
    options,
  );
}

function safeId(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const safe = id.replace(/[^A-Za-z0-9_-]/g, "-");
  return /^[A-Za-z]/.test(safe) ? safe : `lab-${safe}`;
}

/** FNV-1a, 32 bits: only to tell the pictures of one page apart. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return (value >>> 0).toString(36);
}
