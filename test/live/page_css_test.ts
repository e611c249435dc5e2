/** The page's two dark rules: the system's, and that of a notebook's own theme. */
import assert from "node:assert/strict";

Deno.test("the page's colours in the dark are the same by the system's choice and by a notebook's theme", () => {
  const css = Deno.readTextFileSync(new URL("../../src/live/page/page.css", import.meta.url));
  const colours = (selector: string) => {
    const from = css.indexOf(`${selector} {`);
    assert.ok(from >= 0, selector);
    return css.slice(from, css.indexOf("}", from)).match(/--[\w-]+: [^;]+/g) ?? [];
  };
  const bySystem = colours(':root:not([data-theme="light"])');
  assert.ok(bySystem.length >= 13);
  assert.deepEqual(colours(':root[data-theme="dark"]'), bySystem);
});
