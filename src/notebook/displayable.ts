/**
 * What a notebook can show, and the MIME bundles that front ends choose from.
 *
 * @module
 */
import type { Check } from "../base/arguments.ts";
import type { Picture } from "../charts/picture.ts";

export type { Picture };

/** A table or any other piece of HTML, with the text that stands where no HTML can. */
export interface Table {
  /** Escaped where it holds what a server sent. */
  readonly html: string;
  /** The same for front ends without HTML. */
  readonly text: string;
}

/** Markdown. */
export interface Markdown {
  /** Its text. */
  readonly markdown: string;
}

/** Everything that `show` takes. */
export type Displayable = Picture | Table | Markdown;

/** What can be shown. */
export const DISPLAYABLE: Check = {
  wanted: "a picture, a table or { markdown }",
  accepts: (value) => {
    if (typeof value !== "object" || value === null) return false;
    if ("svg" in value) {
      return typeof value.svg === "string" && "png" in value && typeof value.png === "function";
    }
    if ("html" in value) return typeof value.html === "string";
    return "markdown" in value && typeof value.markdown === "string";
  },
};

/** MIME type to content; pictures are base64. */
export type Bundle = Readonly<Record<string, string>>;

/** Options of {@link bundleOf}. */
export interface BundleOptions {
  /** False leaves the PNG out: for the frames of a running picture. */
  readonly png?: boolean;
}

/**
 * The bundle for a value. A picture has SVG and PNG side by side: JupyterLab shows the SVG of notebooks that it trusts
 * and the PNG of others. HTML is left out there on purpose: an untrusted notebook would show it emptied.
 *
 * @throws TypeError when the value is nothing that can be shown
 */
export async function bundleOf(value: Displayable, options: BundleOptions = {}): Promise<Bundle> {
  if ("svg" in value) {
    const svg = withNamespace(value.svg);
    const bundle = { "image/svg+xml": svg, "text/plain": value.title };
    return options.png === false ? bundle : { ...bundle, "image/png": (await value.png()).toBase64() };
  }
  if ("html" in value) return { "text/html": value.html, "text/plain": value.text };
  if ("markdown" in value) return { "text/markdown": value.markdown, "text/plain": value.markdown };
  throw new TypeError("Cannot show value: it is no picture, table or markdown");
}

/** An SVG file needs its namespace; a picture in a page does not, so that libraries leave it out. */
function withNamespace(svg: string): string {
  const root = svg.slice(0, svg.indexOf(">"));
  return root.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
}
