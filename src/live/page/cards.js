// @ts-check
// Cards with headings; lines, or the reason why there are none, in them; keys and double click.
/** @typedef {import("./charts.js").PagePanel} PagePanel */
/** @typedef {ReturnType<typeof import("./charts.js").makeView>} View */

/** @param {PagePanel} panel @returns {{ section: HTMLElement, host: HTMLElement | undefined }} */
function makeCard(panel) {
  const section = document.createElement("section");
  const heading = document.createElement("h2");
  heading.id = `${panel.id}-title`;
  heading.textContent = panel.title;
  const subtitle = document.createElement("p");
  subtitle.textContent = panel.subtitle;
  section.setAttribute("aria-labelledby", heading.id);
  section.append(heading, subtitle);
  const body = document.createElement("div");
  section.append(body);
  if (panel.absent !== undefined) {
    body.className = "absent";
    body.textContent = panel.absent;
    return { section, host: undefined };
  }
  body.tabIndex = 0;
  body.setAttribute("role", "group");
  body.setAttribute("aria-labelledby", heading.id);
  const key = document.createElement("p");
  key.className = "key";
  section.append(key);
  return { section, host: body };
}

/** Writes a panel's subtitle, which can name what is highest now. @param {PagePanel} panel */
export function showSubtitle(panel) {
  const subtitle = document.querySelector(`section[aria-labelledby="${panel.id}-title"] > h2 + p`);
  if (subtitle !== null && subtitle.textContent !== panel.subtitle) subtitle.textContent = panel.subtitle;
}

/**
 * Draws all panels anew.
 *
 * @param {View} view
 * @param {readonly PagePanel[]} panels
 * @param {Element} main
 * @returns {Map<string, import("uplot")>} what was drawn, by panel
 */
export function drawCards(view, panels, main) {
  view.clear();
  const cards = panels.map((panel) => ({ panel, ...makeCard(panel) }));
  // All cards first: the width of each depends on how many share its row.
  main.replaceChildren(...cards.map(({ section }) => section));
  const plots = new Map();
  for (const { panel, host } of cards) {
    if (host === undefined) continue;
    const plot = view.draw(panel, host);
    plots.set(panel.id, plot);
    host.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") view.step(plot, -1, event.shiftKey);
      else if (event.key === "ArrowRight") view.step(plot, 1, event.shiftKey);
      else if (event.key === "Escape") view.reset();
      else return;
      event.preventDefault();
    });
    host.addEventListener("dblclick", () => view.reset());
  }
  // Drawing can make the page scroll, and a scroll bar takes room.
  view.fit();
  return plots;
}
