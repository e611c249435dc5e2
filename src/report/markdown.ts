/**
 * A page as Markdown.
 *
 * @module
 */
import { escapeMarkdown } from "../base/escape.ts";
import type { Block } from "./document.ts";

/**
 * CommonMark with GitHub's tables. Drawings are named, not embedded.
 *
 * @param headingLevel of the page's own title, 1–6; those below follow, none deeper than 6
 */
export function renderMarkdown(blocks: readonly Block[], headingLevel = 1): string {
  return blocks.map((block) => blockMarkdown(block, headingLevel - 1)).join("\n\n") + "\n";
}

/** A finding's own heading stands below the sections. */
const FINDING_LEVEL = 3;
const DEEPEST_HEADING = 6;

function heading(level: number, text: string): string {
  return `${"#".repeat(Math.min(level, DEEPEST_HEADING))} ${escapeMarkdown(text)}`;
}

function blockMarkdown(block: Block, deeper: number): string {
  switch (block.kind) {
    case "heading":
      return heading(block.level + deeper, block.text);
    case "finding":
      return `${heading(FINDING_LEVEL + deeper, block.text)}\n\n*${escapeMarkdown(block.detail)}*`;
    case "paragraph":
      return block.strong ? `**${escapeMarkdown(block.text)}**` : escapeMarkdown(block.text);
    case "list": {
      const items = block.items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
      return block.lead === undefined ? items : `${escapeMarkdown(block.lead)}\n\n${items}`;
    }
    case "table": {
      const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
      const ruler = `| ${
        block.columns.map((_, index) => block.numeric?.includes(index) ? "---:" : "---").join(" | ")
      } |`;
      return [line(block.columns), ruler, ...block.rows.map(line)].join("\n");
    }
    case "svg":
      return `*${escapeMarkdown(block.title)}*`;
  }
}
