/**
 * Keys of the pages in the browser: English.
 *
 * @module
 */
import type { PageKeysText } from "./page_keys.ts";

/** English. */
export const PAGE_KEYS_EN: PageKeysText = {
  title: "Keys",
  keys: [
    ["Tab", "to the next panel"],
    ["← →", "cursor to the point before or after, over all panels"],
    ["Shift ← →", "cursor by a twentieth of what is shown"],
    ["+ -", "zoom in or out, around the cursor"],
    ["Esc", "show all"],
    ["a b", "keep what is shown as A or B, to compare both (live page)"],
    ["Space", "pause or go on (live page)"],
    ["?", "this list"],
  ],
};
