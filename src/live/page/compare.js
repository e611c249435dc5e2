// @ts-check
// Two parts of the time, A and B, beside each other: kept from what is shown, drawn on the time axis, told by the server.
/** @typedef {import("./charts.js").PageData} PageData */
/** @typedef {{ startSeconds: number, endSeconds: number }} TimeRange */
/** @typedef {{ title: string, columns: string[], note: string, groups: { panel: string, title: string,
 *   rows: { figure: string, a: string, b: string, difference: string }[] }[] }} Compared */

/** @typedef {"A" | "B"} Letter */

/** Text, never markup. @param {string} tag @param {string} text @param {Record<string, string>} [attributes] */
function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** @param {Compared} compared */
function tableOf(compared) {
  const table = document.createElement("table");
  table.append(element("caption", compared.title));
  const head = table.createTHead().insertRow();
  for (const column of compared.columns) head.append(element("th", column, { scope: "col" }));
  for (const { title, rows } of compared.groups) {
    const body = table.createTBody();
    body.insertRow().append(element("th", title, { scope: "rowgroup", colspan: "4" }));
    for (const { figure, a, b, difference } of rows) {
      const row = body.insertRow();
      row.append(element("th", figure, { scope: "row" }));
      for (const text of [a, b, difference]) row.append(element("td", text));
    }
  }
  return table;
}

/** `1764043498.25,1764043558` of a range. @param {TimeRange} range */
const asText = ({ startSeconds, endSeconds }) => `${startSeconds.toFixed(3)},${endSeconds.toFixed(3)}`;

/**
 * Takes what is shown as A or B by buttons and by the keys a and b.
 *
 * @param {{ shown: () => TimeRange | undefined, marked: (windows: { letter: Letter, range: TimeRange }[]) => void,
 *   words: (range: TimeRange) => string }} page
 */
export function makeCompare(page) {
  const host = document.getElementById("compare");
  const status = document.getElementById("compare-status");
  const end = document.getElementById("compare-end");
  /** @type {Map<Letter, TimeRange>} */
  const kept = new Map();
  let asked = 0;

  const told = () => {
    const letters = /** @type {Letter[]} */ (["A", "B"]).filter((letter) => kept.has(letter));
    page.marked(letters.map((letter) => ({ letter, range: /** @type {TimeRange} */ (kept.get(letter)) })));
    if (end !== null) end.hidden = letters.length === 0;
    if (status === null) return;
    const texts = letters.map((letter) =>
      `${letter} ${page.words(/** @type {TimeRange} */ (kept.get(letter)))}`
    );
    const hint = letters.length === 1 ? [status.dataset["hint"] ?? ""] : [];
    status.textContent = [...texts, ...hint].join(" · ");
  };

  /** @param {(HTMLElement | Text)[]} content */
  const show = (...content) => {
    if (host === null) return;
    host.replaceChildren(...content);
    host.hidden = content.length === 0;
  };

  async function ask() {
    const [a, b] = [kept.get("A"), kept.get("B")];
    if (a === undefined || b === undefined) return;
    const mine = ++asked;
    try {
      const response = await fetch(`compare?a=${asText(a)}&b=${asText(b)}`);
      if (!response.ok) throw new Error(String(response.status));
      /** @type {Compared} */
      const compared = await response.json();
      // Another choice was made meanwhile: its answer comes too.
      if (mine !== asked) return;
      show(tableOf(compared), element("p", compared.note));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (mine === asked) show(element("p", host?.dataset["failed"] ?? error.message, { role: "alert" }));
    }
  }

  /** @param {Letter} letter */
  function keep(letter) {
    const range = page.shown();
    if (range === undefined) return;
    kept.set(letter, range);
    told();
    return ask();
  }

  document.getElementById("compare-a")?.addEventListener("click", () => keep("A"));
  document.getElementById("compare-b")?.addEventListener("click", () => keep("B"));
  end?.addEventListener("click", () => {
    kept.clear();
    asked++;
    told();
    show();
    document.getElementById("compare-a")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const letter = event.key.toUpperCase();
    if (letter === "A" || letter === "B") keep(letter);
  });
  return {
    /** The page was drawn anew: its windows too. */
    redrawn: told,
  };
}
