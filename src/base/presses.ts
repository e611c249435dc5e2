/**
 * How often a person asked a program to stop: pure.
 *
 * @module
 */

/** Signals this soon after the first belong to the same press. */
export const SAME_PRESS_SECONDS = 0.5;

/**
 * Counts presses of Ctrl-C. One press may arrive as several signals: a terminal and `timeout` send it to every process
 * of the group, and a task runner forwards its own to its child. Those within {@link SAME_PRESS_SECONDS} of the first
 * are one press; only later ones count as a second.
 *
 * @returns to be called at each signal with a monotonic instant in seconds; gives 1 for the first press, 2 from the
 * second on
 */
export function pressCounter(): (nowSeconds: number) => 1 | 2 {
  let firstSeconds: number | undefined;
  return (nowSeconds) => {
    firstSeconds ??= nowSeconds;
    return nowSeconds - firstSeconds <= SAME_PRESS_SECONDS ? 1 : 2;
  };
}
