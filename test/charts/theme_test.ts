import assert from "node:assert/strict";
import { COLOR, darkened, HEAT, SERIES, SIGNED } from "../../src/charts/theme.ts";

/** Relative luminance and contrast by WCAG 2.2. */
function luminance(color: string): number {
  const channel = (from: number) => {
    const value = parseInt(color.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const dark = (color: string) => darkened(`"${color}"`).slice(1, -1);

Deno.test("text and lines can be seen on their card, light and dark", () => {
  for (const look of [(color: string) => color, dark]) {
    const card = look(COLOR.card);
    for (const text of [COLOR.text, COLOR.muted, COLOR.bad, COLOR.warn]) {
      assert.ok(contrast(look(text), card) >= 4.5, `${text} on ${card}: ${contrast(look(text), card)}`);
    }
    for (const series of SERIES) {
      assert.ok(contrast(look(series), card) >= 3, `${series} on ${card}: ${contrast(look(series), card)}`);
    }
  }
});

Deno.test("numbers on cells of heat maps can be read, light and dark", () => {
  for (const look of [(color: string) => color, dark]) {
    HEAT.forEach((cell, step) => {
      const ink = step >= 4 ? COLOR.onStrong : COLOR.onWeak;
      assert.ok(contrast(look(ink), look(cell)) >= 4, `${step}: ${contrast(look(ink), look(cell))}`);
    });
    SIGNED.forEach((cell, step) => {
      const ink = step <= 1 || step >= SIGNED.length - 2 ? COLOR.onStrong : COLOR.onWeak;
      assert.ok(contrast(look(ink), look(cell)) >= 4, `${step}: ${contrast(look(ink), look(cell))}`);
    });
  }
});

Deno.test("every colour has a dark one and no two names share a value", () => {
  const all = [...Object.values(COLOR), ...SERIES, ...HEAT, ...SIGNED];
  assert.equal(new Set(all).size, all.length);
  for (const color of all) assert.notEqual(dark(color), color);
});
