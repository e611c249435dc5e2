// @ts-check
// The page that opens from disk or in a notebook's frame: everything it shows is in its own `data` element.
import { makeView } from "./charts.js";
import { drawCards } from "./cards.js";

/** @type {import("./charts.js").PageData} */
const page = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
const view = makeView(page);
const main = document.querySelector("main") ?? document.body;
const redraw = () => void drawCards(view, page.panels, main);
redraw();
// Legend markers keep the colour they were made with, so a change of theme draws anew.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("resize", () => view.fit());
