/**
 * A page for a terminal.
 *
 * @module
 */
import { escapeTerminal } from "../base/escape.ts";
import type { Block } from "./document.ts";

const RULES = { 1: "=", 2: "-", 3: "" } as const;

/** Plain text, one line a sentence, tables in columns. No control character of a server gets through. */
export function renderText(blocks: readonly Block[]): string {
  return blocks.map(blockText).join("\n").trimEnd() + "\n";
}

function blockText(block: Block): string {
  switch (block.kind) {
    case "heading": {
      const text = escapeTerminal(block.text);
      return `\n${text}\n${RULES[block.level].repeat(displayWidth(text))}`;
    }
    case "paragraph":
      return `${escapeTerminal(block.text)}\n`;
    case "finding":
      return `\n[${escapeTerminal(block.text)}]\n${escapeTerminal(block.detail)}`;
    case "list":
      return listText(block.lead, block.items);
    case "table":
      return tableText(block);
    case "svg":
      return `(${escapeTerminal(block.title)})`;
  }
}

function listText(lead: string | undefined, items: readonly string[]): string {
  const lines = items.map((item) => `  - ${escapeTerminal(item)}`);
  return [...(lead === undefined ? [] : [escapeTerminal(lead)]), ...lines, ""].join("\n");
}

function tableText({ columns, rows, numeric = [] }: Extract<Block, { kind: "table" }>): string {
  const lines = [columns, ...rows].map((cells) => cells.map(escapeTerminal));
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => displayWidth(cells[i] ?? ""))));
  const padded = lines.map((cells) =>
    "  " + cells.map((cell, i) => {
      const padding = " ".repeat(widths[i]! - displayWidth(cell));
      return numeric.includes(i) ? padding + cell : cell + padding;
    }).join("  ").trimEnd()
  );
  return padded.join("\n") + "\n";
}

/** Columns in a terminal: East Asian wide characters take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
