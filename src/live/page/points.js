// @ts-check
// Points of a line among the times of others: the nearest that says something, and those with no neighbour.

/** @typedef {import("uplot")} Plot */

/** The nearest index at which a line says something, a break included. @param {ArrayLike<unknown> | undefined} values @param {number} index */
export function nearestKnown(values, index) {
  if (values === undefined || values[index] !== undefined) return index;
  for (let away = 1; away < values.length; away++) {
    if (values[index - away] !== undefined) return index - away;
    if (values[index + away] !== undefined) return index + away;
  }
  return index;
}

/**
 * Points with no neighbour to be joined to, which would not be seen otherwise.
 *
 * @param {Plot} plot
 * @param {number} series
 * @returns {number[]}
 */
export function loneIndices(plot, series) {
  const values = plot.data[series] ?? [];
  /** @type {number[]} */
  const known = [];
  // Undefined is another line's time and joins; null breaks.
  for (let index = 0; index < values.length; index++) if (values[index] !== undefined) known.push(index);
  return known.filter((index, at) => {
    const [before, after] = [known[at - 1], known[at + 1]];
    const isBreak = (/** @type {number | undefined} */ other) =>
      other === undefined || values[other] === null;
    return values[index] !== null && isBreak(before) && isBreak(after);
  });
}
