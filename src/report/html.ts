/**
 * A page as one HTML file that needs no network.
 *
 * @module
 */
import { escapeHtml } from "../base/escape.ts";
import { SCROLL_STYLE } from "../base/scroll_style.ts";
import type { Language } from "../text/language.ts";
import type { Block } from "./document.ts";

const STYLE = `
:root { color-scheme: light dark; --bg: #ffffff; --card: #f6f8fa; --text: #1f2328; --muted: #59636e; --line: #d8dee4;
  --critical: #b91c1c; --warning: #8a5a00; --info: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --bg: #0d1117; --card: #161b22; --text: #e6edf3; --muted: #9aa4af;
  --line: #2f3742; --critical: #ff7b72; --warning: #e3b341; --info: #7ab8ff; } }
body { margin: 0 auto; max-width: 1000px; padding: 28px 20px 56px; background: var(--bg); color: var(--text);
  line-height: 1.5; font-family: system-ui, "Noto Sans", "DejaVu Sans", "PingFang TC", "Microsoft JhengHei", "Noto Sans TC", sans-serif; }
h1 { font-size: 1.8rem; margin: 0; } h1 + p { margin: 4px 0 0; color: var(--muted); }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 2em 0 0.6em; padding-top: 0.7em; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.4em 0 0.4em; }
p, ul { max-width: 46rem; } ul { margin: 4px 0 12px; padding-left: 1.3em; } li { margin: 2px 0; }
.verdict { font-size: 1.15rem; } .finding .verdict { font-size: 1rem; }
.lead { margin: 12px 0 0; font-weight: 600; font-size: 0.92rem; }
${SCROLL_STYLE}
.scroll { margin: 10px 0; } .finding { --surface: var(--card); }
table { border-collapse: collapse; font-size: 0.875rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.35em 0.8em 0.35em 0.4em; border-bottom: 1px solid var(--line);
  min-width: 3em; max-width: 30em; }
td:first-child { min-width: 9em; } th { color: var(--muted); vertical-align: bottom; border-bottom-width: 2px; }
.number { text-align: right; white-space: nowrap; min-width: 0; } td.number:first-child { min-width: 0; text-align: left; }
th.number:first-child { text-align: left; }
.finding { background: var(--card); border-left: 4px solid var(--muted); border-radius: 0 6px 6px 0; padding: 12px 18px 6px;
  margin: 14px 0; } .finding > h3 { margin: 0; } .detail { margin: 2px 0 0; font-size: 0.88rem; color: var(--muted); }
.critical { border-color: var(--critical); } .warning { border-color: var(--warning); } .info { border-color: var(--info); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 14px; }
figure { margin: 0; } figure svg { display: block; width: 100%; max-width: 640px; height: auto; }
figcaption { font-size: 0.87rem; color: var(--muted); }
@media (max-width: 600px) { body { padding: 18px 14px 40px; } h1 { font-size: 1.5rem; } .finding { padding: 10px 12px 4px; } }
@media print { .finding, figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } }
`.replace(/\n\s*/g, " ").trim();

/** Styles are inside, drawings too; there is no script. */
export function renderHtml(blocks: readonly Block[], language: Language): string {
  const first = blocks.find((block) => block.kind === "heading");
  const title = first?.kind === "heading" ? first.text : "";
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body(blocks)}
</main>
</body>
</html>
`;
}

function body(blocks: readonly Block[]): string {
  const parts: string[] = [];
  let open = "";
  const close = () => {
    if (open !== "") parts.push(open === "svg" ? "</div>" : "</section>");
    open = "";
  };
  for (const block of blocks) {
    const begins = block.kind === "finding" || (block.kind === "svg" && open !== "svg");
    if (begins || block.kind === "heading" || (open === "svg" && block.kind !== "svg")) close();
    if (block.kind === "svg" && begins) parts.push('<div class="charts">');
    parts.push(blockHtml(block));
    if (begins) open = block.kind;
  }
  close();
  return parts.join("\n");
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}>${escapeHtml(block.text)}</h${block.level}>`;
    case "finding":
      return `<section class="finding ${block.tone}">\n<h3>${escapeHtml(block.text)}</h3>` +
        `<p class="detail">${escapeHtml(block.detail)}</p>`;
    case "paragraph":
      return block.strong
        ? `<p class="verdict"><strong>${escapeHtml(block.text)}</strong></p>`
        : `<p>${escapeHtml(block.text)}</p>`;
    case "list": {
      const items = block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join("");
      const lead = block.lead === undefined ? "" : `<p class="lead">${escapeHtml(block.lead)}</p>`;
      return `${lead}<ul>${items}</ul>`;
    }
    case "table":
      return tableHtml(block);
    case "svg": {
      // Our own charts say their title themselves.
      const caption = block.svg.includes("<title")
        ? ""
        : `<figcaption>${escapeHtml(block.title)}</figcaption>`;
      return `<figure>${caption}${block.svg}</figure>`;
    }
  }
}

/** In a box of its own, in which it scrolls where it is wider than the page, by keyboard too. */
function tableHtml({ columns, rows, numeric = [] }: Extract<Block, { kind: "table" }>): string {
  const cell = (tag: "th" | "td", text: string, index: number) =>
    `<${tag}${numeric.includes(index) ? ' class="number"' : ""}>${escapeHtml(text)}</${tag}>`;
  const head = columns.map((text, index) => cell("th", text, index)).join("");
  const body = rows.map((cells) =>
    `<tr>${cells.map((text, index) => cell("td", text, index)).join("")}</tr>`
  );
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${
    body.join("")
  }</tbody></table></div>`;
}
