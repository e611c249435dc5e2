/**
 * Observable Plot and a document for it, loaded at the first chart.
 *
 * @module
 */
import { COLOR } from "./theme.ts";

type PlotModule = typeof import("@observablehq/plot");

/** What a chart draws with. */
export interface PlotKit {
  readonly plot: PlotModule;
  /**
   * Draws as a nested `<svg>` at (x, y): no style element, no class, no ids, colours of the theme, coordinates to a
   * tenth of a pixel.
   */
  render(options: import("@observablehq/plot").PlotOptions, at: { x: number; y: number }): string;
}

let kit: Promise<PlotKit> | undefined;

/** Loads Plot and makes the document once in a process. */
export function loadPlotKit(): Promise<PlotKit> {
  kit ??= makeKit().catch((error) => {
    kit = undefined;
    throw error;
  });
  return kit;
}

async function makeKit(): Promise<PlotKit> {
  const [plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  return {
    plot,
    render(options, at) {
      const element = plot.plot({ ...options, document, style: {} });
      element.querySelector("style")?.remove();
      for (const name of ["class", "font-family", "width", "height"]) element.removeAttribute(name);
      element.setAttribute("x", round(at.x));
      element.setAttribute("y", round(at.y));
      element.setAttribute("width", round(options.width ?? 0));
      element.setAttribute("height", round(options.height ?? 0));
      element.setAttribute("overflow", "visible");
      element.setAttribute("fill", COLOR.muted);
      return tidy(element.outerHTML);
    },
  };
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Fewer bytes with the same picture: roles that a `role="img"` root hides anyway, and digits that no pixel shows. */
function tidy(svg: string): string {
  return svg
    .replaceAll("currentColor", COLOR.muted)
    .replaceAll("var(--plot-background)", COLOR.card)
    .replace(/ aria-(?:label|hidden|description)="[^"]*"/g, "")
    .replace(/<g[^>]*\/>|<g[^>]*><\/g>/g, "")
    .replace(/ d="([^"]*)"/g, (_, path: string) => ` d="${compactPath(path)}"`)
    .replace(
      /( (?:x|y|x1|x2|y1|y2|cx|cy|width|height|transform)=")([^"]*)"/g,
      (_, start: string, value: string) => {
        return start + value.replace(/-?\d+\.\d{2,}(?:e-?\d+)?/g, (digits) => round(Number(digits))) + '"';
      },
    );
}

/**
 * Coordinates to a tenth of a pixel, and after each first point only the way to the next, without zeros, signs and letters that
 * the grammar of paths does not need: a third of the bytes. Ways are taken between rounded points, so that no error adds up;
 * those that lead on straight along an axis are one. A path with curves only loses digits.
 */
export function compactPath(path: string): string {
  if (!/^[MLHVZ\d.,e\s-]*$/.test(path)) {
    return path.replace(/-?\d+\.\d{2,}(?:e-?\d+)?/g, (digits) => round(Number(digits)));
  }
  const out = new PathWriter();
  let x = 0;
  let y = 0;
  for (const [, command = "", text = ""] of path.matchAll(/([MLHVZ])([^MLHVZ]*)/g)) {
    const numbers = text.split(/[\s,]+/).filter((each) => each !== "").map((each) =>
      Math.round(Number(each) * 10)
    );
    if (command === "Z") {
      out.close();
      continue;
    }
    const nextX = command === "V" ? x : numbers[0] ?? x;
    const nextY = command === "V" ? numbers[0] ?? y : command === "H" ? y : numbers[1] ?? y;
    if (command === "M") out.moveTo(nextX, nextY);
    else out.lineBy(nextX - x, nextY - y);
    x = nextX;
    y = nextY;
  }
  return out.finish();
}

/** Ways in tenths of a pixel. */
class PathWriter {
  #text = "";
  #command = "";
  #last = "";
  /** Along an axis and not written yet: it may go on. */
  #along: { readonly command: "h" | "v"; way: number } | undefined;

  moveTo(x: number, y: number): void {
    this.#flush();
    this.#write("M", [x, y]);
    // What follows without a letter would be a line to a place, not by a way.
    this.#command = "";
  }

  lineBy(dx: number, dy: number): void {
    if (dx === 0 && dy === 0) return;
    if (dx !== 0 && dy !== 0) {
      this.#flush();
      return this.#write("l", [dx, dy]);
    }
    const [command, way] = dy === 0 ? ["h", dx] as const : ["v", dy] as const;
    const { command: before, way: sofar = 0 } = this.#along ?? {};
    // Back over itself is a spike, which must stay.
    if (before === command && Math.sign(sofar) === Math.sign(way)) {
      this.#along = { command, way: sofar + way };
      return;
    }
    this.#flush();
    this.#along = { command, way };
  }

  close(): void {
    this.#flush();
    this.#text += "Z";
    this.#command = "";
  }

  finish(): string {
    this.#flush();
    return this.#text;
  }

  #flush(): void {
    if (this.#along === undefined) return;
    const { command, way } = this.#along;
    this.#along = undefined;
    this.#write(command, [way]);
  }

  #write(command: string, numbers: readonly number[]): void {
    if (command !== this.#command) this.#text += command;
    let isFirst = command !== this.#command;
    this.#command = command;
    for (const number of numbers) {
      const text = String(number / 10).replace(/^(-?)0\./, "$1.");
      // A sign begins a number, and so does a point behind one that has a point.
      const begins = isFirst || text.startsWith("-") ||
        (text.startsWith(".") && this.#last.includes("."));
      this.#text += (begins ? "" : " ") + text;
      this.#last = text;
      isFirst = false;
    }
  }
}
