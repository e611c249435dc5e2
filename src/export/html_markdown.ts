/**
 * Markdown of notebooks as harmless HTML: no script, no style, no address that a page without a network cannot show.
 *
 * @module
 */
import type { Marked } from "marked";
import { escapeHtml } from "../base/escape.ts";
import { withScrollingTables } from "./html_plain.ts";
import { isJsonObject, type JsonObject, objectAt } from "../formats/json.ts";

/** A heading that the contents list. */
export interface Heading {
  readonly id: string;
  readonly depth: number;
  /** HTML, escaped. */
  readonly html: string;
}

/** What a renderer made of one cell. */
export interface RenderedMarkdown {
  readonly html: string;
  readonly headings: readonly Heading[];
}

/** Options of a rendering. */
export interface MarkdownOptions {
  /** Pictures that came with the cell (nbformat's attachments). */
  readonly attachments?: JsonObject;
  /** Begins the ids of headings, unique on the page. */
  readonly idPrefix: string;
}

/** Tags without attributes that prose may use as they are: folded answers and small type. */
const HARMLESS_TAG = /&lt;(\/?(?:details|summary|br|sub|sup|kbd)|details open)&gt;/g;

/** Loads the Markdown library and returns the function that renders. */
export async function loadMarkdown(): Promise<
  (source: string, options: MarkdownOptions) => RenderedMarkdown
> {
  const { Marked } = await import("marked");
  return (source, options) => {
    const headings: Heading[] = [];
    const html = rendererFor(new Marked({ async: false, gfm: true }), options, headings).parse(source, {
      async: false,
    });
    // Tables of the source are escaped text: these are the library's own.
    return { html: withScrollingTables(html), headings };
  };
}

function rendererFor(marked: Marked, options: MarkdownOptions, headings: Heading[]): Marked {
  return marked.use({
    renderer: {
      html: ({ text }) => escapeHtml(text).replace(HARMLESS_TAG, "<$1>"),
      heading({ tokens, depth }) {
        const id = `${options.idPrefix}-${headings.length + 1}`;
        const html = this.parser.parseInline(tokens);
        headings.push({ id, depth, html });
        return `<h${depth} id="${id}">${html}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        if (!/^(https?:|mailto:)/i.test(href)) return text;
        return `<a href="${escapeHtml(href)}" rel="noreferrer noopener">${text}</a>`;
      },
      image({ href, text }) {
        const source = imageSource(href, options.attachments);
        return source === undefined ? escapeHtml(text) : `<img src="${source}" alt="${escapeHtml(text)}">`;
      },
    },
  });
}

/** A `data:` address for a picture that is part of the notebook; undefined for any other. */
function imageSource(href: string, attachments: JsonObject | undefined): string | undefined {
  if (/^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]+$/.test(href)) return href;
  if (!href.startsWith("attachment:") || attachments === undefined) return undefined;
  const bundle = objectAt(attachments, decodeURIComponent(href.slice("attachment:".length)));
  if (!isJsonObject(bundle)) return undefined;
  for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    const content = bundle[type];
    if (typeof content === "string") return `data:${type};base64,${base64Of(content)}`;
  }
  return undefined;
}

/** Only what base64 consists of, so that it can stand in an attribute. */
export function base64Of(content: string): string {
  return content.replace(/[^A-Za-z0-9+/=]/g, "");
}
