import assert from "node:assert/strict";
import fc from "fast-check";
import { compactPath } from "../../src/charts/plot_kit.ts";

/** The corners of a path of straight lines in tenths, by the grammar of SVG 1.1; those where nothing turns are left out. */
function cornersOf(path: string): string[] {
  const tokens = path.match(/[A-Za-z]|-?(?:\d*\.\d+|\d+)/g) ?? [];
  const tenths = (token = "NaN") => Math.round(Number(token) * 10);
  const corners: [number, number][] = [];
  const parts: string[] = [];
  let [x, y, command, at] = [0, 0, "", 0];
  const flush = () => {
    if (corners.length > 0) parts.push(simplified(corners).join(" "));
    corners.length = 0;
  };
  while (at < tokens.length) {
    if (/[A-Za-z]/.test(tokens[at] ?? "")) command = tokens[at++] ?? "";
    if (command === "Z") {
      flush();
      parts.push("Z");
      continue;
    }
    if (command === "M") flush();
    const dx = command === "v" || command === "V" ? 0 : tenths(tokens[at++]);
    const dy = command === "h" || command === "H" ? 0 : tenths(tokens[at++]);
    if (command === "V") y = tenths(tokens[at++]);
    else if (command === "H") x = dx;
    else if (command === "M" || command === "L") [x, y] = [dx, dy];
    else [x, y] = [x + dx, y + dy];
    corners.push([x, y]);
    if (command === "M") command = "L";
  }
  flush();
  return parts;
}

function simplified(corners: readonly (readonly [number, number])[]): string[] {
  const kept: (readonly [number, number])[] = [];
  for (const corner of corners) {
    const [a, b] = [kept.at(-2), kept.at(-1)];
    if (b !== undefined && b[0] === corner[0] && b[1] === corner[1]) continue;
    const goesOn = a !== undefined && b !== undefined && [0, 1].some((axis) => {
      const other = 1 - axis;
      return a[axis] === b[axis] && b[axis] === corner[axis] &&
        Math.sign((b[other] ?? 0) - (a[other] ?? 0)) === Math.sign((corner[other] ?? 0) - (b[other] ?? 0));
    });
    if (goesOn) kept.pop();
    kept.push(corner);
  }
  return kept.map((corner) => corner.join(","));
}

Deno.test("compactPath() draws the same corners to a tenth of a pixel", () => {
  const number = fc.oneof(
    fc.double({ min: -50, max: 900, noNaN: true }),
    fc.integer({ min: -3, max: 30 }),
    fc.constantFrom(0, 0.04, 0.1, -0.1, 10),
  );
  const point = fc.tuple(number, number);
  const segment = fc.array(point, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(segment, fc.boolean()), { minLength: 1, maxLength: 4 }), (segments) => {
      const plain = segments.map(([points, closed]) =>
        points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x.toFixed(6)},${y.toFixed(6)}`).join("") +
        (closed ? "Z" : "")
      ).join("");
      const rounded = segments.map(([points, closed]) =>
        points.map(([x, y], index) =>
          `${index === 0 ? "M" : "L"}${Math.round(Number(x.toFixed(6)) * 10) / 10},${
            Math.round(Number(y.toFixed(6)) * 10) / 10
          }`
        ).join("") + (closed ? "Z" : "")
      ).join("");
      assert.deepEqual(cornersOf(compactPath(plain)), cornersOf(rounded));
    }),
    { seed: 21, numRuns: 500 },
  );
});

Deno.test("compactPath() writes nothing that the grammar does not need", () => {
  assert.equal(
    compactPath("M10,20L10.9,-7.8L11.8,-7.4L12.8,-7.4L13.8,-7.4V5V1"),
    "M10 20l.9-27.8.9.4h2v12.4-4",
  );
});
