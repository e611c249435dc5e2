/**
 * Outputs of cells as HTML: charts as pictures, text escaped, HTML in frames.
 *
 * @module
 */
import { escapeHtml } from "../base/escape.ts";
import { formatBytes } from "../base/format.ts";
import type { MimeBundle, NotebookOutput } from "../formats/notebook.ts";
import type { NotebookPageText } from "../text/notebook_page.ts";
import { frameOf } from "./html_frame.ts";
import { base64Of } from "./html_markdown.ts";
import { isPlainHtml, withScrollingTables } from "./html_plain.ts";

/** What outputs need to know of the page. */
export interface OutputContext {
  readonly words: NotebookPageText;
  markdown(source: string): string;
  /** HTML outputs above this many characters are left out. */
  readonly htmlLimit: number;
}

/** One output. */
export function outputHtml(output: NotebookOutput, context: OutputContext): string {
  switch (output.kind) {
    case "stream":
      return `<pre class="${output.name}">${escapeHtml(output.text)}</pre>`;
    case "error": {
      const text = output.traceback.length > 0
        ? output.traceback.join("\n")
        : `${output.name}: ${output.message}`;
      return `<pre class="error">${escapeHtml(text)}</pre>`;
    }
    default:
      return bundleHtml(output.data, context);
  }
}

/** The richest form that a page can show. */
function bundleHtml(bundle: MimeBundle, context: OutputContext): string {
  const text = textAt(bundle, "text/plain") ?? "";
  const svg = textAt(bundle, "image/svg+xml");
  if (svg !== undefined) return picture(svgAddress(svg), text, widthOf(svg));
  for (const type of ["image/png", "image/jpeg"]) {
    const content = textAt(bundle, type);
    if (content !== undefined) return picture(`data:${type};base64,${base64Of(content)}`, text);
  }
  const html = htmlOf(bundle);
  if (html !== undefined && html.length <= context.htmlLimit) {
    if (isPlainHtml(html)) return `<div class="table">${withScrollingTables(html)}</div>`;
    return frameOf(html, text.split("\n")[0] || context.words.interactiveOutput);
  }
  const note = html === undefined
    ? ""
    : `<p class="note">${escapeHtml(context.words.leftOut(formatBytes(html.length)))}</p>`;
  const markdown = textAt(bundle, "text/markdown");
  if (markdown !== undefined) return `<div class="prose">${context.markdown(markdown)}</div>`;
  return `${note}<pre>${escapeHtml(text)}</pre>`;
}

/** The HTML of a bundle that is shown as such; undefined when a picture is preferred or there is none. */
export function htmlOf(bundle: MimeBundle): string | undefined {
  const hasPicture = ["image/svg+xml", "image/png", "image/jpeg"].some((type) =>
    textAt(bundle, type) !== undefined
  );
  return hasPicture ? undefined : textAt(bundle, "text/html");
}

function textAt(bundle: MimeBundle, type: string): string | undefined {
  const content = bundle[type];
  return typeof content === "string" ? content : undefined;
}

/** How far a picture may shrink on a narrow page before it scrolls in its own box: smaller, its words are unreadable. */
const SMALLEST_SCALE = 0.72;

/** As `<img>`, an SVG runs no script, loads nothing, and its ids cannot clash with another's. */
function picture(address: string, title: string, width?: number): string {
  const size = width === undefined
    ? ""
    : ` width="${width}" style="width:min(${width}px,max(100%,${Math.round(width * SMALLEST_SCALE)}px))"`;
  return `<div class="scroll"><img src="${address}" alt="${escapeHtml(title)}"${size}></div>`;
}

/** Percent-encoded: shorter than base64, and it compresses. */
function svgAddress(svg: string): string {
  const encoded = svg.replace(
    /[%#<>"&\r\n\t]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `data:image/svg+xml;charset=utf-8,${encoded}`;
}

/** Width of the viewBox, so that a small chart is not blown up to the page's width. */
function widthOf(svg: string): number | undefined {
  const width = Number(svg.match(/<svg[^>]*\bviewBox="[\d.-]+ [\d.-]+ ([\d.]+)/)?.[1]);
  return Number.isFinite(width) && width > 0 ? Math.round(width) : undefined;
}
