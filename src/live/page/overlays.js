// @ts-check
// What lies under and over the lines: gaps, restarts and other events, limits.

/** @typedef {import("uplot")} Plot */
/** @typedef {import("./charts.js").PagePanel} PagePanel */
/** @typedef {import("./charts.js").Palette} Palette */

/**
 * Grey where no scrape was answered, paler where some of several targets did.
 *
 * @param {Plot} plot
 * @param {PagePanel} panel
 * @param {Palette} colors
 */
export function drawGaps(plot, panel, colors) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [from, to, label] of panel.gaps) {
    ctx.fillStyle = colors.grid + (label === undefined ? "99" : "66");
    const left = plot.valToPos(from, "x", true);
    ctx.fillRect(left, bbox.top, plot.valToPos(to, "x", true) - left, bbox.height);
  }
  ctx.restore();
}

/**
 * The times that are compared: a bar below each, with its letter; over the lines, which would cross the letter out.
 *
 * @param {Plot} plot
 * @param {readonly { letter: string, range: { startSeconds: number, endSeconds: number } }[]} windows
 * @param {Palette} colors
 */
export function drawWindows(plot, windows, colors) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `bold ${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  windows.forEach(({ letter, range }, index) => {
    const inside = (/** @type {number} */ x) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, x));
    const left = inside(plot.valToPos(range.startSeconds, "x", true));
    const right = inside(plot.valToPos(range.endSeconds, "x", true));
    if (right <= left) return;
    // Each on its own row above the time axis, so that two that overlap are seen.
    const bottom = bbox.top + bbox.height - index * 3 * ratio;
    ctx.fillStyle = colors.text;
    // No fill: grey is what was not read.
    ctx.globalAlpha = 0.35;
    for (const edge of [left, right]) ctx.fillRect(edge - ratio / 2, bbox.top, ratio, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bottom - 2 * ratio, right - left, 2 * ratio);
    // An edge in the card's colour, since the letter stands on lines.
    ctx.strokeStyle = colors.card;
    ctx.lineWidth = 4 * ratio;
    ctx.setLineDash([]);
    const at = /** @type {const} */ ([letter, left + 2 * ratio, bbox.top + bbox.height - 7 * ratio]);
    ctx.strokeText(...at);
    ctx.fillText(...at);
  });
  ctx.restore();
}

/**
 * What a panel's key says: how many answered in grey times, and what has no place at its rule: words of events by number, changes
 * of the panel's own level by letter.
 *
 * @typedef {{ gaps: string[], words: string[], changes: string[] }} Key
 */

/**
 * Rules with words: what happened, and what should not be passed.
 *
 * @param {Plot} plot
 * @param {PagePanel} panel
 * @param {Palette} colors
 * @returns {Key}
 */
export function drawMarks(plot, panel, colors) {
  const { ctx } = plot;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  const unplaced = drawEvents(plot, panel, colors);
  drawLimits(plot, panel, colors);
  ctx.restore();
  const { min = -Infinity, max = Infinity } = plot.scales.x ?? {};
  const seen = panel.gaps.filter(([from, to]) => to > (min ?? -Infinity) && from < (max ?? Infinity));
  const gaps = [...new Set(seen.flatMap(([, , label]) => label === undefined ? [] : [label]))];
  return { gaps, ...unplaced };
}

/**
 * Writes the keys: numbers that mean the same in every panel that has some once, above the panels; all others, and how many
 * answered, below their own.
 *
 * @param {ReadonlyMap<HTMLElement, Key>} keys
 */
export function showKeys(keys) {
  const numbered = [...keys.values()].filter(({ words }) => words.length > 0);
  const [first] = numbered;
  const isShared = numbered.length > 1 &&
    numbered.every(({ words }) => JSON.stringify(words) === JSON.stringify(first?.words));
  showKey(document.getElementById("key"), {
    gaps: [],
    changes: [],
    words: isShared ? first?.words ?? [] : [],
  });
  for (const [host, key] of keys) {
    showKey(host.parentElement?.querySelector(".key") ?? null, isShared ? { ...key, words: [] } : key);
  }
}

const numberOf = (/** @type {number} */ index) => String(index + 1);
/** a, b … z, then a again: no panel has so many changes. @param {number} index */
const letterOf = (index) => String.fromCharCode(97 + index % 26);

/** @param {Element | null} element @param {Key} key */
function showKey(element, { gaps, words, changes }) {
  if (element === null) return;
  const entries = [
    ...gaps,
    ...words.map((word, index) => `${numberOf(index)}) ${word}`),
    ...changes.map((change, index) => `${letterOf(index)}) ${change}`),
  ];
  if (element.textContent === entries.join(" · ")) return;
  const parts = entries.flatMap((entry, index) => {
    // One box an entry, which a line's end does not break; the dot stays behind it.
    const part = document.createElement("span");
    part.textContent = entry;
    if (index < gaps.length) part.className = "gap";
    return index < entries.length - 1 ? [part, " · "] : [part];
  });
  element.replaceChildren(...parts);
}

/**
 * @typedef {{ x: number, label: string, bad: boolean }} PlacedMark
 * @typedef {{ left: number, text: string, mark: PlacedMark }} PlacedText
 */

/**
 * Which words have a place: bad ones first, then numbers, then by time. What has none becomes a number, which takes place too.
 *
 * @param {readonly PlacedMark[]} marks in the picture
 * @param {{ left: number, right: number, unit: number, widthOf: (text: string) => number, taken?: readonly [number, number][],
 *   nameOf?: (index: number) => string }} view `unit`: a pixel of the page; `taken`: by others; `nameOf`: of what has no place
 * @returns {{ texts: PlacedText[], words: string[] }} `words` by number, from 1
 */
export function placeMarks(marks, view) {
  /** @type {string[]} */
  let words = [];
  while (true) {
    const texts = placeWith(marks, view, words);
    const placed = new Set(texts.map(({ mark }) => mark.label));
    const next = [...new Set(marks.map(({ label }) => label))].filter((label) =>
      words.includes(label) || !placed.has(label)
    );
    if (next.length === words.length) return { texts, words };
    words = next;
  }
}

/** @param {readonly PlacedMark[]} marks @param {Parameters<typeof placeMarks>[1]} view @param {readonly string[]} words */
function placeWith(marks, { left, right, unit, widthOf, taken: others = [], nameOf = numberOf }, words) {
  /** @type {PlacedText[]} */
  const texts = [];
  const taken = [...others];
  const rank = (/** @type {PlacedMark} */ mark) => mark.bad ? 0 : words.includes(mark.label) ? 1 : 2;
  for (const mark of [...marks].sort((a, b) => rank(a) - rank(b) || a.x - b.x)) {
    const index = words.indexOf(mark.label);
    const text = index < 0 ? mark.label : nameOf(index);
    const width = widthOf(text);
    // Beside its rule: on the right, or on the left where there is no room.
    const fits = mark.x + 4 * unit + width <= right;
    const from = fits ? mark.x + 4 * unit : mark.x - 4 * unit - width;
    const apart = (index < 0 ? 4 : 1) * unit;
    if (from < left || taken.some(([low, high]) => from < high + apart && from + width > low - apart)) {
      continue;
    }
    taken.push([from, from + width]);
    texts.push({ left: from, text, mark });
  }
  return texts;
}

/**
 * Events first: their words stand, or do not, at the same places in all panels, whatever changed in one of them.
 *
 * @param {Plot} plot
 * @param {PagePanel} panel
 * @param {Palette} colors
 * @returns {Pick<Key, "words" | "changes">}
 */
function drawEvents(plot, panel, colors) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.textAlign = "left";
  const right = bbox.left + bbox.width;
  const inPicture = (/** @type {readonly { t: number, label: string, bad?: boolean }[]} */ marks) =>
    marks.map(({ t, label, bad = false }) => ({ x: plot.valToPos(t, "x", true), label, bad }))
      .filter(({ x }) => x >= bbox.left && x <= right)
      .sort((a, b) => a.x - b.x);
  const [marks, changes] = [inPicture(panel.marks), inPicture(panel.changes ?? [])];
  for (const { x, bad } of [...marks, ...changes]) {
    ctx.strokeStyle = bad ? colors.bad : colors.muted;
    ctx.setLineDash(bad ? [4 * ratio, 3 * ratio] : [1 * ratio, 3 * ratio]);
    drawLine(ctx, [x, bbox.top], [x, bbox.top + bbox.height]);
  }
  const widthOf = (/** @type {string} */ text) => ctx.measureText(text).width;
  const view = { left: bbox.left, right, unit: ratio, widthOf };
  const events = placeMarks(marks, view);
  const taken = events.texts.map((
    { left, text },
  ) => /** @type {[number, number]} */ ([left, left + widthOf(text)]));
  const own = placeMarks(changes, { ...view, taken, nameOf: letterOf });
  for (const { left, text, mark } of [...events.texts, ...own.texts]) {
    ctx.fillStyle = mark.bad ? colors.bad : colors.muted;
    ctx.fillText(text, left, bbox.top - 13 * ratio);
  }
  return { words: events.words, changes: own.words };
}

/** @param {Plot} plot @param {PagePanel} panel @param {Palette} colors */
function drawLimits(plot, panel, colors) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.fillStyle = colors.warn;
  ctx.textAlign = "right";
  const right = bbox.left + bbox.width;
  let above = 0;
  for (const limit of panel.limits) {
    const y = plot.valToPos(limit.value, "y", true);
    if (y > bbox.top + bbox.height) continue;
    const isShown = y >= bbox.top;
    if (isShown) {
      ctx.strokeStyle = colors.warn;
      ctx.lineWidth = ratio;
      ctx.setLineDash([6 * ratio, 3 * ratio]);
      drawLine(ctx, [bbox.left, y], [right, y]);
    }
    // Above its line, since what keeps it runs below; far above everything it is told in the corner.
    const top = isShown
      ? y - (y - bbox.top >= 13 * ratio ? 13 : -2) * ratio
      : bbox.top + (2 + 13 * above++) * ratio;
    const text = isShown ? limit.label : `↑ ${limit.label}`;
    // An edge in the card's colour, since the words stand on lines.
    ctx.strokeStyle = colors.card;
    ctx.lineWidth = 3 * ratio;
    ctx.setLineDash([]);
    ctx.strokeText(text, right - 4 * ratio, top);
    ctx.fillText(text, right - 4 * ratio, top);
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {[number, number]} from @param {[number, number]} to */
function drawLine(ctx, from, to) {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
