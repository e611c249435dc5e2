/**
 * An executed notebook as one HTML page that opens without a network, on any machine, light and dark.
 *
 * @module
 */
import { escapeHtml } from "../base/escape.ts";
import type { CodeCell, Notebook } from "../formats/notebook.ts";
import type { Language } from "../text/language.ts";
import { NOTEBOOK_PAGE_TEXT, type NotebookPageText } from "../text/notebook_page.ts";
import { policyFor, TAKE_HEIGHT } from "./html_frame.ts";
import { type Heading, loadMarkdown } from "./html_markdown.ts";
import { htmlOf, type OutputContext, outputHtml } from "./html_outputs.ts";
import { isPlainHtml } from "./html_plain.ts";
import { PAGE_STYLE } from "./html_style.ts";

/** Pages above this open slowly; the largest HTML outputs are then left out, and the page says so. */
export const LARGEST_PAGE_BYTES = 3_000_000;

/** From the most to the fewest characters that an HTML output may have. */
const HTML_LIMITS = [Infinity, 400_000, 100_000, 0];

/** Options of {@link notebookPage}. */
export interface NotebookPageOptions {
  /** Of the words around the notebook; default English. */
  readonly language?: Language;
  /** Default: the notebook's first heading. */
  readonly title?: string;
  /** When it was run: said above, with how its figures stand to the text, and below. */
  readonly note?: string;
}

/** Makes the page. Everything from the notebook is escaped or framed; nothing is loaded from anywhere. */
export async function notebookPage(notebook: Notebook, options: NotebookPageOptions = {}): Promise<string> {
  const tools: PageTools = {
    words: NOTEBOOK_PAGE_TEXT[options.language ?? "en"],
    markdown: await loadMarkdown(),
    highlight: await loadHighlighter(),
  };
  let page = "";
  for (const htmlLimit of HTML_LIMITS) {
    page = await pageWithin(notebook, { ...options, htmlLimit }, tools);
    if (new TextEncoder().encode(page).length <= LARGEST_PAGE_BYTES) break;
  }
  return page;
}

interface PageTools {
  readonly words: NotebookPageText;
  readonly markdown: Awaited<ReturnType<typeof loadMarkdown>>;
  readonly highlight: (code: string) => string;
}

async function pageWithin(
  notebook: Notebook,
  options: NotebookPageOptions & { readonly htmlLimit: number },
  tools: PageTools,
): Promise<string> {
  const headings: Heading[] = [];
  const body = notebook.cells.map((cell, index) => {
    if (cell.kind === "raw") return "";
    if (cell.kind === "code") return codeCell(cell, tools, options.htmlLimit);
    const attachments = cell.attachments === undefined ? {} : { attachments: cell.attachments };
    const rendered = tools.markdown(cell.source, { idPrefix: `c${index + 1}`, ...attachments });
    headings.push(...rendered.headings);
    return `<section>${rendered.html}</section>`;
  });
  const title = options.title ?? plainText(headings[0]?.html ?? "") ?? "";
  return [
    `<!doctype html>\n<html lang="${options.language ?? "en"}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${await policyFor(
      framedHtml(notebook, options.htmlLimit),
    )}">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">`,
    `<title>${options.title === undefined ? title : escapeHtml(title)}</title><style>${PAGE_STYLE}</style>`,
    // Before the frames, which speak as soon as they are there.
    `<script>${TAKE_HEIGHT}</script></head><body>`,
    `<header><label><input type="checkbox" id="hide-code"> ${
      escapeHtml(tools.words.hideCode)
    }</label></header>`,
    // Inside, where the page's margins are.
    `<main>${
      options.note === undefined ? "" : `<p class="note">${escapeHtml(tools.words.ownRun(options.note))}</p>`
    }${withContents(body, headings, tools.words)}</main>`,
    options.note === undefined ? "" : `<footer>${escapeHtml(options.note)}</footer>`,
    "</body></html>\n",
  ].join("\n");
}

/** The contents stand after the first cell, which has the title. */
function withContents(
  body: readonly string[],
  headings: readonly Heading[],
  words: NotebookPageText,
): string {
  const sections = headings.filter(({ depth }) => depth === 2);
  if (sections.length < 3) return body.join("\n");
  const items = sections.map(({ id, html }) => `<li><a href="#${id}">${plainText(html)}</a></li>`).join("");
  const contents = `<nav aria-label="${escapeHtml(words.contents)}"><strong>${
    escapeHtml(words.contents)
  }</strong><ul>${items}</ul></nav>`;
  return [body[0], contents, ...body.slice(1)].join("\n");
}

/** Escaped text without its tags. */
function plainText(html: string): string {
  return html.replace(/<[^>]*>/g, "");
}

function codeCell(cell: CodeCell, tools: PageTools, htmlLimit: number): string {
  if (cell.source.trim() === "") return "";
  const context: OutputContext = {
    words: tools.words,
    htmlLimit,
    markdown: (source) => tools.markdown(source, { idPrefix: `o-${cell.id}` }).html,
  };
  const notRun = cell.executionCount === null && cell.outputs.length === 0
    ? `<p class="note">${escapeHtml(tools.words.notRun)}</p>`
    : "";
  const outputs = cell.outputs.map((output) => outputHtml(output, context)).join("\n");
  return `<div class="code"><pre><code>${tools.highlight(cell.source)}</code></pre></div>` +
    `<div class="output">${notRun}${outputs}</div>`;
}

/** Every HTML that stands in a frame of the page. */
function framedHtml(notebook: Notebook, htmlLimit: number): readonly string[] {
  return notebook.cells.flatMap((cell) => cell.kind === "code" ? cell.outputs : []).flatMap((output) => {
    if (output.kind !== "display_data" && output.kind !== "execute_result") return [];
    const html = htmlOf(output.data);
    return html === undefined || html.length > htmlLimit || isPlainHtml(html) ? [] : [html];
  });
}

async function loadHighlighter(): Promise<(code: string) => string> {
  const { default: highlighter } = await import("highlight.js/lib/core");
  const { default: typescript } = await import("highlight.js/lib/languages/typescript");
  highlighter.registerLanguage("typescript", typescript);
  return (code) => highlighter.highlight(code, { language: "typescript" }).value;
}
