// @ts-check
// What the diagnosis says: a list above the charts, and changes of level as marks on them.

/**
 * @typedef {{ severity: "critical" | "warning" | "info", heading: string, sentence: string, advice?: string,
 *   evidence?: { label: string, from: number, to: number, panel: string } }} PageFinding
 * @typedef {{ title: string, findings: PageFinding[], changes: { panel: string, t: number, label: string }[],
 *   objectives?: { title: string, items: { severity: string, heading: string, lines: string[] }[] } }} PageFindings
 */

/** Text, never markup: names in it may be anything that a server sent. @param {string} tag @param {string} text */
function withText(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

/** @param {PageFinding} finding */
function item(finding) {
  const element = document.createElement("li");
  element.className = finding.severity;
  element.append(withText("strong", finding.heading), withText("p", finding.sentence));
  if (finding.advice !== undefined) element.append(withText("p", finding.advice));
  if (finding.evidence !== undefined) {
    const { label, from, to, panel } = finding.evidence;
    const button = /** @type {HTMLButtonElement} */ (withText("button", label));
    button.type = "button";
    Object.assign(button.dataset, { from: String(from), to: String(to), panel });
    element.append(button);
  }
  return element;
}

/** @param {NonNullable<PageFindings["objectives"]>} objectives */
function showObjectives({ title, items }) {
  const section = document.getElementById("objectives");
  if (section === null) return;
  section.hidden = false;
  section.querySelector("h2")?.replaceChildren(title);
  section.querySelector("ul")?.replaceChildren(...items.map(({ severity, heading, lines }) => {
    const element = document.createElement("li");
    element.className = severity;
    element.append(withText("strong", heading), ...lines.map((line) => withText("p", line)));
    return element;
  }));
}

/**
 * Puts findings in the place of those before. What did not change is left alone, so that it is not read out again.
 *
 * @param {import("./charts.js").PageData} page its panels get their marks
 * @param {PageFindings} found
 */
export function showFindings(page, found) {
  const title = document.getElementById("findings-title");
  if (title !== null) title.textContent = found.title;
  const list = document.querySelector("#findings ul");
  const items = found.findings.map(item);
  const same = list?.children.length === items.length &&
    items.every((each, index) => list.children[index]?.isEqualNode(each));
  if (!same) list?.replaceChildren(...items);
  if (found.objectives !== undefined) showObjectives(found.objectives);
  for (const panel of page.panels) {
    panel.changes = found.changes.filter((change) => change.panel === panel.id);
  }
}
