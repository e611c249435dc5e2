import assert from "node:assert/strict";
import { drawWindows, placeMarks } from "../../src/live/page/overlays.js";

const VIEW = { left: 0, right: 300, unit: 1, widthOf: (text: string) => 7 * text.length };
const mark = (x: number, label: string, bad = false) => ({ x, label, bad });

Deno.test("placeMarks() writes every word where all have room", () => {
  const { texts, words } = placeMarks([mark(0, "warm-up"), mark(100, "burst"), mark(290, "end")], VIEW);
  assert.deepEqual(texts.map(({ text, left }) => [text, left]), [["warm-up", 4], ["burst", 104], [
    "end",
    265,
  ]]);
  assert.deepEqual(words, []);
});

Deno.test("placeMarks() numbers words without room in order of time, the bad ones last", () => {
  const marks = [mark(0, "warm-up"), mark(20, "steady"), mark(60, "restart", true), mark(70, "burst")];
  const { texts, words } = placeMarks(marks, VIEW);
  assert.deepEqual(words, ["warm-up", "steady", "burst"]);
  assert.deepEqual(
    texts.map(({ text }) => text).sort(),
    ["1", "2", "restart"],
    "the third has no room for its number either; the key names it",
  );
});

Deno.test("placeMarks() gives a word that comes again its one number", () => {
  const { words, texts } = placeMarks([mark(0, "burst"), mark(10, "calm"), mark(20, "burst")], VIEW);
  assert.deepEqual(words, ["burst", "calm"]);
  assert.deepEqual(texts.map(({ text }) => text), ["1", "2", "1"]);
});

Deno.test("placeMarks() leaves what others took, and names by letter what it is told to", () => {
  const letters = (index: number) => "ab"[index] ?? "";
  const taken: [number, number][] = [[0, 60]];
  const { texts, words } = placeMarks([mark(10, "2 → 8"), mark(100, "8 → 0")], {
    ...VIEW,
    taken,
    nameOf: letters,
  });
  assert.deepEqual(words, ["2 → 8"]);
  assert.deepEqual(texts.map(({ text }) => text), ["8 → 0"]);
});

Deno.test("drawWindows() writes each letter with an edge, so that no line crosses it out", () => {
  const calls: string[] = [];
  const said = (name: string) => (text: unknown) => calls.push(`${name} ${text}`);
  const ctx = new Proxy({}, {
    get: (_, name) => name === "strokeText" || name === "fillText" ? said(name) : () => {},
    set: () => true,
  });
  Reflect.set(globalThis, "devicePixelRatio", 1);
  const plot = { ctx, bbox: { left: 0, top: 0, width: 300, height: 100 }, valToPos: (at: number) => at };
  const windows = [{ letter: "A", range: { startSeconds: 10, endSeconds: 50 } }];
  // A plot has much more than what is drawn with here.
  drawWindows(plot as never, windows, { card: "#fff", text: "#000" } as never);
  assert.deepEqual(calls, ["strokeText A", "fillText A"]);
});
