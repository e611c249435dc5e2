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
 * Coordinates to a tenth of a pixel, and after each first point only the way to the next: half the bytes. Ways are taken
 * between rounded points, so that no error adds up. A path with curves only loses digits.
 */
export function compactPath(path: string): string {
  if (!/^[MLHVZ\d.,e\s-]*$/.test(path)) {
    return path.replace(/-?\d+\.\d{2,}(?:e-?\d+)?/g, (digits) => round(Number(digits)));
  }
  let x = 0;
  let y = 0;
  let result = "";
  for (const [, command = "", text = ""] of path.matchAll(/([MLHVZ])([^MLHVZ]*)/g)) {
    const numbers = text.split(/[\s,]+/).filter((each) => each !== "").map((each) =>
      Math.round(Number(each) * 10)
    );
    if (command === "Z") {
      result += "Z";
      continue;
    }
    const nextX = command === "V" ? x : numbers[0] ?? x;
    const nextY = command === "V" ? numbers[0] ?? y : command === "H" ? y : numbers[1] ?? y;
    result += command === "M" ? `M${nextX / 10},${nextY / 10}` : way(nextX - x, nextY - y);
    x = nextX;
    y = nextY;
  }
  return result;
}

function way(dx: number, dy: number): string {
  if (dy === 0) return `h${dx / 10}`;
  return dx === 0 ? `v${dy / 10}` : `l${dx / 10},${dy / 10}`;
}
