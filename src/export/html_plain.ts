/**
 * Which HTML may stand in a page as it is: tables and simple text, with nothing that could act, load or reach out of its
 * place. All else is framed.
 *
 * @module
 */

/** Elements that neither act nor load. */
const PLAIN =
  /^(?:table|caption|thead|tbody|tfoot|tr|th|td|p|div|span|b|strong|i|em|small|code|pre|sub|sup|ul|ol|li|h[1-6])$/;

/** Attributes that only arrange: alignment, spans and a small least width of cells. No addresses, no names, no handlers. */
const ATTRIBUTE =
  /^\s+(?:scope="(?:col|row)"|(?:col|row)span="\d{1,3}"|style="(?:(?:(?:text-align|white-space|font-weight):[a-z]+|min-width:\d{1,2}em);?)*")/;

/**
 * True when every piece of the text is known to be harmless and every element that is opened is closed in order. Whatever
 * is not exactly of the known form, is not.
 */
export function isPlainHtml(html: string): boolean {
  const open: string[] = [];
  for (const [, text = "", tag] of html.matchAll(/([^<]*)(<[^<]*?>|<|$)/g)) {
    if (text.includes(">")) return false;
    if (tag === undefined || tag === "") continue;
    const name = elementOf(tag);
    if (name === undefined) return false;
    if (name === "br") continue;
    if (!tag.startsWith("</")) open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

/** The element's name when the tag is harmless. */
function elementOf(tag: string): string | undefined {
  if (tag === "<br>") return "br";
  const match = tag.match(/^<(\/?)([a-z][a-z0-9]*)(.*)>$/s);
  if (match === null) return undefined;
  const [, closing, name = "", attributes = ""] = match;
  if (!PLAIN.test(name)) return undefined;
  if (closing === "/") return attributes === "" ? name : undefined;
  let rest = attributes;
  while (rest !== "") {
    const known = rest.match(ATTRIBUTE);
    if (known === null) return undefined;
    rest = rest.slice(known[0].length);
  }
  return name;
}

/** The same with each table in a box of its own, in which it scrolls when it is wider than the page. */
export function withScrollingTables(html: string): string {
  return html.replace(/<table(?=[\s>])/g, '<div class="scroll" tabindex="0"><table').replaceAll(
    "</table>",
    "</table></div>",
  );
}
