/**
 * A page as one HTML file that needs no network.
 *
 * @module
 */
import { escapeHtml } from "../base/escape.ts";
import type { Language } from "../text/language.ts";
import type { Block } from "./document.ts";

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, "Noto Sans", "Noto Sans TC", sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; font-size: .87rem; margin: .6rem 0; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #8884; font-variant-numeric: tabular-nums; vertical-align: top; }
.finding { border-left: 4px solid #888; padding: .1rem 0 .1rem .9rem; margin: 1rem 0; }
.finding > h3 { font-size: .95rem; font-weight: 600; margin: .2rem 0; }
.critical { border-color: #c62828; } .warning { border-color: #e68a00; } .info { border-color: #1976d2; }
.lead { margin: .5rem 0 0; font-weight: 600; font-size: .9rem; } ul { margin: .2rem 0; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; background: #fff; } figcaption { font-size: .87rem; }
`;

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
${body(blocks)}
</body>
</html>
`;
}

function body(blocks: readonly Block[]): string {
  const parts: string[] = [];
  let open = false;
  const close = () => {
    if (open) parts.push("</section>");
    open = false;
  };
  for (const block of blocks) {
    if (block.kind === "finding" || block.kind === "heading") close();
    parts.push(blockHtml(block));
    if (block.kind === "finding") open = true;
  }
  close();
  return parts.join("\n");
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}>${escapeHtml(block.text)}</h${block.level}>`;
    case "finding":
      return `<section class="finding ${block.tone}">\n<h3>${escapeHtml(block.text)}</h3>`;
    case "paragraph":
      return block.strong
        ? `<p><strong>${escapeHtml(block.text)}</strong></p>`
        : `<p>${escapeHtml(block.text)}</p>`;
    case "list": {
      const items = block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join("");
      const lead = block.lead === undefined ? "" : `<p class="lead">${escapeHtml(block.lead)}</p>`;
      return `${lead}<ul>${items}</ul>`;
    }
    case "table": {
      const head = block.columns.map((cell) => `<th>${escapeHtml(cell)}</th>`).join("");
      const rows = block.rows.map((cells) =>
        `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`
      );
      return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
    }
    case "svg":
      return `<figure><figcaption>${escapeHtml(block.title)}</figcaption>${block.svg}</figure>`;
  }
}
