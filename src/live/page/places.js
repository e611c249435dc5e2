// @ts-check
// Which part of the time is shown: in the address, by keys, from a finding, and back to the whole.
/** @typedef {ReturnType<typeof import("./charts.js").makeView>} View */
/** @typedef {{ startSeconds: number, endSeconds: number }} TimeRange */

/** `2026-11-25T04:24:58Z`, with fractions of a second only where there are. @param {number} seconds */
const instant = (seconds) => new Date(seconds * 1000).toISOString().replace(".000", "");

/** An address's end that names a part of the time; it means the same on every machine. @param {TimeRange} range */
export function fragmentOf({ startSeconds, endSeconds }) {
  return `#from=${instant(startSeconds)}&to=${instant(endSeconds)}`;
}

/** The part of the time that an address names; undefined for none. @param {string} fragment @returns {TimeRange | undefined} */
export function rangeOfFragment(fragment) {
  const params = new URLSearchParams(fragment.slice(1));
  const [startSeconds = NaN, endSeconds = NaN] = ["from", "to"].map((name) =>
    Date.parse(params.get(name) ?? "") / 1000
  );
  return startSeconds < endSeconds ? { startSeconds, endSeconds } : undefined;
}

/** So much of a finding's time is shown on each side of it. */
const AROUND = 0.15;

/** A frame's own address belongs to nobody. */
const hasAddress = () => parent === window;

/** @param {string} fragment */
function setFragment(fragment) {
  if (hasAddress() && location.hash !== fragment) {
    history.replaceState(null, "", fragment || location.pathname);
  }
}

/**
 * Says what a view shows and takes wishes for it. Asked for at the start and after everything was drawn anew.
 *
 * @param {() => View | undefined} getView
 * @returns what a view calls when it shows another part, undefined for the whole
 */
export function makePlaces(getView) {
  const shown = document.getElementById("range");
  const whole = document.getElementById("whole");
  const help = /** @type {HTMLDetailsElement | null} */ (document.querySelector("details.help"));

  const show = () => {
    const range = hasAddress() ? rangeOfFragment(location.hash) : undefined;
    if (range !== undefined) getView()?.zoom(range);
  };
  whole?.addEventListener("click", () => getView()?.reset());
  addEventListener("hashchange", show);
  document.addEventListener("keydown", (event) => {
    // With a modifier they are the browser's own: Ctrl and + make the page larger.
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?" && help !== null) {
      help.open = !help.open;
      help.querySelector("summary")?.focus();
    } else if (event.key === "+" || event.key === "=") getView()?.scale(0.5);
    else if (event.key === "-") getView()?.scale(2);
  });
  document.getElementById("findings")?.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    const [from, to] = [Number(button?.dataset["from"]), Number(button?.dataset["to"])];
    if (button === null || !(from <= to)) return;
    const around = Math.max(1, (to - from) * AROUND);
    getView()?.zoom({ startSeconds: from - around, endSeconds: to + around });
    const panel = document.querySelector(`section[aria-labelledby="${button.dataset["panel"]}-title"]`);
    panel?.scrollIntoView({ block: "nearest" });
    const host = panel?.querySelector("[tabindex]");
    if (host instanceof HTMLElement) host.focus({ preventScroll: true });
  });
  return {
    /** The part that the address names. */
    show,
    /** @param {TimeRange | undefined} range @param {string} [words] */
    changed(range, words = "") {
      if (shown !== null && shown.textContent !== words) shown.textContent = words;
      if (whole !== null) whole.hidden = range === undefined;
      if (range !== undefined || rangeOfFragment(location.hash) !== undefined) {
        setFragment(range === undefined ? "" : fragmentOf(range));
      }
    },
  };
}
