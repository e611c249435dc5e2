// @ts-check
// The page that opens from disk or in a notebook's frame: everything it shows is in its own `data` element.
import { makeView } from "./charts.js";
import { drawCards } from "./cards.js";
import { makePlaces } from "./places.js";

/** @type {import("./charts.js").PageData} */
const page = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
const places = makePlaces(() => view);
const view = makeView(page, places.changed);
const main = document.querySelector("main") ?? document.body;
const redraw = () => {
  drawCards(view, page.panels, main);
  places.show();
};
redraw();
// Legend markers keep the colour they were made with, so a change of theme draws anew.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("resize", () => view.fit());

// A notebook around the frame tells its theme, which counts more than the system's.
addEventListener("message", ({ data, source }) => {
  if (source !== parent || parent === window || typeof data?.labTheme !== "string") return;
  const { dataset } = document.documentElement;
  const theme = data.labTheme === "light" || data.labTheme === "dark" ? data.labTheme : undefined;
  if (dataset["theme"] === theme) return;
  if (theme === undefined) delete dataset["theme"];
  else dataset["theme"] = theme;
  redraw();
});

// In a frame the page tells how high it is, also when its width changes: a card that is cut looks broken.
if (parent !== window) {
  const tell = () => {
    parent.postMessage({ labPageHeight: document.documentElement.getBoundingClientRect().height }, "*");
  };
  addEventListener("load", tell);
  new ResizeObserver(tell).observe(document.documentElement);
}
