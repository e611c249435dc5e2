/**
 * A page as Markdown.
 *
 * @module
 */
import { escapeMarkdown } from "../base/escape.ts";
import type { Block } from "./document.ts";

/** CommonMark with GitHub's tables. Drawings are named, not embedded. */
export function renderMarkdown(blocks: readonly Block[]): string {
  return blocks.map(blockMarkdown).join("\n\n") + "\n";
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escapeMarkdown(block.text)}`;
    case "finding":
      return `### ${escapeMarkdown(block.text)}`;
    case "paragraph":
      return block.strong ? `**${escapeMarkdown(block.text)}**` : escapeMarkdown(block.text);
    case "list": {
      const items = block.items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
      return block.lead === undefined ? items : `${escapeMarkdown(block.lead)}\n\n${items}`;
    }
    case "table": {
      const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
      const ruler = `| ${block.columns.map(() => "---").join(" | ")} |`;
      return [line(block.columns), ruler, ...block.rows.map(line)].join("\n");
    }
    case "svg":
      return `*${escapeMarkdown(block.title)}*`;
  }
}
