// @ts-check
// What lies under and over the lines: gaps, restarts and other events, limits.

/** @typedef {import("uplot")} Plot */
/** @typedef {import("./charts.js").PagePanel} PagePanel */
/** @typedef {import("./charts.js").Palette} Palette */

/**
 * Grey where no scrape was answered.
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
  ctx.fillStyle = colors.grid + "99";
  for (const [from, to] of panel.gaps) {
    const left = plot.valToPos(from, "x", true);
    ctx.fillRect(left, bbox.top, plot.valToPos(to, "x", true) - left, bbox.height);
  }
  ctx.restore();
}

/**
 * Rules with words: what happened, and what should not be passed.
 *
 * @param {Plot} plot
 * @param {PagePanel} panel
 * @param {Palette} colors
 */
export function drawMarks(plot, panel, colors) {
  const { ctx } = plot;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  drawEvents(plot, panel, colors);
  drawLimits(plot, panel, colors);
  ctx.restore();
}

/** @param {Plot} plot @param {PagePanel} panel @param {Palette} colors */
function drawEvents(plot, panel, colors) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.textAlign = "left";
  let free = -Infinity;
  const changes = (panel.changes ?? []).map((change) => ({ ...change, bad: false }));
  for (const mark of [...panel.marks, ...changes].sort((a, b) => a.t - b.t)) {
    const x = plot.valToPos(mark.t, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = mark.bad ? colors.bad : colors.muted;
    ctx.setLineDash(mark.bad ? [4 * ratio, 3 * ratio] : [1 * ratio, 3 * ratio]);
    drawLine(ctx, [x, bbox.top], [x, bbox.top + bbox.height]);
    const width = ctx.measureText(mark.label).width;
    // Beside its rule: on the right, or on the left where there is no room.
    const fits = x + 4 * ratio + width <= bbox.left + bbox.width;
    const left = fits ? x + 4 * ratio : Math.max(bbox.left, x - 4 * ratio - width);
    if (left < free) continue;
    const color = ctx.fillStyle;
    ctx.fillStyle = colors.card + "cc";
    ctx.fillRect(left - ratio, bbox.top + ratio, width + 2 * ratio, 13 * ratio);
    ctx.fillStyle = color;
    ctx.fillText(mark.label, left, bbox.top + 2 * ratio);
    free = left + width + 6 * ratio;
  }
}

/** @param {Plot} plot @param {PagePanel} panel @param {Palette} colors */
function drawLimits(plot, panel, colors) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.setLineDash([6 * ratio, 3 * ratio]);
  ctx.strokeStyle = ctx.fillStyle = colors.warn;
  ctx.textAlign = "right";
  for (const limit of panel.limits) {
    const y = plot.valToPos(limit.value, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    drawLine(ctx, [bbox.left, y], [bbox.left + bbox.width, y]);
    ctx.fillText(limit.label, bbox.left + bbox.width - 4 * ratio, y + 2 * ratio);
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {[number, number]} from @param {[number, number]} to */
function drawLine(ctx, from, to) {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
