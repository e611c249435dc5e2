// @ts-check
// The page that opens from disk or in a notebook's frame: everything it shows is in its own `data` element.
import { makeView } from "./charts.js";

/** @type {import("./charts.js").PageData} */
const page = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
const view = makeView(page);
const main = document.querySelector("main");

/** A card with heading, drawing or reason. @param {import("./charts.js").PagePanel} panel */
function card(panel) {
  const section = document.createElement("section");
  const heading = document.createElement("h2");
  heading.id = `${panel.id}-title`;
  heading.textContent = panel.title;
  const subtitle = document.createElement("p");
  subtitle.textContent = panel.subtitle;
  section.setAttribute("aria-labelledby", heading.id);
  section.append(heading, subtitle);
  if (panel.absent !== undefined) {
    const reason = document.createElement("div");
    reason.className = "absent";
    reason.textContent = panel.absent;
    section.append(reason);
    return { section, host: undefined };
  }
  const host = document.createElement("div");
  host.tabIndex = 0;
  host.setAttribute("role", "group");
  host.setAttribute("aria-labelledby", heading.id);
  section.append(host);
  return { section, host };
}

function draw() {
  view.clear();
  const cards = page.panels.map((panel) => ({ panel, ...card(panel) }));
  // All cards first: the width of each depends on how many share its row.
  main?.replaceChildren(...cards.map(({ section }) => section));
  for (const { panel, host } of cards) {
    if (host === undefined) continue;
    const plot = view.draw(panel, host);
    host.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") view.step(plot, -1);
      else if (event.key === "ArrowRight") view.step(plot, 1);
      else if (event.key === "Escape") view.reset();
      else return;
      event.preventDefault();
    });
    host.addEventListener("dblclick", () => view.reset());
  }
  // Drawing can make the page scroll, and a scroll bar takes room.
  view.fit();
}

draw();
// Legend markers keep the colour they were made with, so a change of theme draws anew.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("resize", () => view.fit());
