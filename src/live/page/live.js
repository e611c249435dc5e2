// @ts-check
// The live page: one stream of events, drawn as they come.
import { makeView } from "./charts.js";
import { drawCards, showSubtitle } from "./cards.js";
import { makeCompare } from "./compare.js";
import { showFindings } from "./findings.js";
import { append, fits, windowOf } from "./history.js";
import { makePlaces } from "./places.js";

/** @typedef {import("./charts.js").PageData} PageData */

const main = document.querySelector("main") ?? document.body;
const status = document.getElementById("status");
const pause = /** @type {HTMLButtonElement} */ (document.getElementById("pause"));
const choice = /** @type {HTMLSelectElement} */ (document.getElementById("window"));
const words = status?.dataset ?? {};

/** A page is at least this old before it is loaded anew: a server that comes and goes must not make it flicker. */
const RELOAD_AFTER_MS = 5000;

/** @type {PageData | undefined} */
let page;
/** @type {ReturnType<typeof makeView> | undefined} */
let view;
/** @type {Map<string, import("uplot")>} */
let plots = new Map();
const places = makePlaces(() => view);
const compare = makeCompare({
  shown: () => view?.shown(),
  marked: (windows) => view?.mark(windows),
  words: (range) => view?.words(range) ?? "",
});
let paused = false;
let waiting = false;

/** @param {"live" | "lost" | "paused"} state */
function say(state) {
  if (status === null) return;
  status.className = state;
  const text = words[state] ?? state;
  if (status.textContent !== text) status.textContent = text;
}

const windowSeconds = () => choice.value === "all" ? Infinity : Number(choice.value);

/** Everything anew: the first picture, another window, panels that changed. */
function redraw() {
  if (page === undefined) return;
  view?.clear();
  view = makeView({ ...page, ...windowOf(page, windowSeconds()) }, places.changed);
  plots = drawCards(view, page.panels, main);
  places.show();
  compare.redrawn();
}

/** New points only. */
function update() {
  waiting = false;
  if (page === undefined || view === undefined || paused || document.hidden) return;
  const next = windowOf(page, windowSeconds());
  const draws = view.isDue(next);
  if (draws) view.span(next);
  for (const panel of page.panels) {
    const plot = plots.get(panel.id);
    if (plot === undefined && panel.absent === undefined) return redraw();
    if (plot === undefined) continue;
    view.update(plot, panel, draws);
    showSubtitle(panel);
  }
}

function updateSoon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(update);
}

const events = new EventSource("events");
events.addEventListener("open", () => say(paused ? "paused" : "live"));
events.addEventListener("error", () => say("lost"));
events.addEventListener("snapshot", (event) => {
  page = JSON.parse(event.data);
  const heading = document.getElementById("subtitle");
  if (heading !== null && page !== undefined) heading.textContent = page.subtitle;
  if (page?.findings) showFindings(page, page.findings);
  redraw();
});
events.addEventListener("points", (event) => {
  const news = JSON.parse(event.data);
  if (page === undefined) return;
  // Lines have come: a new connection begins with everything. Once in a while at most, until then what fits is shown.
  if (!fits(page, news.panels) && performance.now() > RELOAD_AFTER_MS) return location.reload();
  append(page, news);
  if (news.findings) showFindings(page, news.findings);
  updateSoon();
});

pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  say(paused ? "paused" : "live");
  if (!paused) updateSoon();
});
document.getElementById("note")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = /** @type {HTMLInputElement} */ (document.getElementById("note-text"));
  if (field.value.trim() === "") return;
  const headers = { "content-type": "application/json" };
  const response = await fetch("note", { method: "POST", headers, body: JSON.stringify(field.value) });
  // What was not taken stays in the field.
  if (response.ok) field.value = "";
});
choice.addEventListener("change", () => {
  view?.reset();
  redraw();
});
document.addEventListener("visibilitychange", updateSoon);
document.addEventListener("keydown", (event) => {
  if (event.key === " " && event.target === document.body) {
    pause.click();
    event.preventDefault();
  }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("resize", () => view?.fit());
