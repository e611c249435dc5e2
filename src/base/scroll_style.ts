/**
 * Style of boxes that scroll sideways, for pages and frames: a table that is cut must look cut.
 *
 * @module
 */

/**
 * Rules for `.scroll` and `.code`: a shadow at each end behind which there is more (it lies still, while a cover of the page's
 * colour moves with what scrolls), tables of three columns and more as wide as they want to be, so that no hidden column
 * makes rows tall, and on a
 * narrow screen a first column that stays. Uses `--bg`, `--card`, `--line`; inside a card set `--surface`.
 */
export const SCROLL_STYLE = `
:root { --surface: var(--bg); --shade: #1f232840; } @media (prefers-color-scheme: dark) { :root { --shade: #000000c0; } }
.scroll, .code { overflow-x: auto; max-width: 100%; background:
  linear-gradient(to right, var(--surface) 45%, transparent) left / 40px 100% no-repeat local,
  linear-gradient(to left, var(--surface) 45%, transparent) right / 40px 100% no-repeat local,
  linear-gradient(to right, var(--shade), transparent) left / 14px 100% no-repeat scroll,
  linear-gradient(to left, var(--shade), transparent) right / 14px 100% no-repeat scroll, var(--surface); }
.scroll table:has(tr > :nth-child(3)) { width: max-content; }
@media (max-width: 600px) {
  .scroll td, .scroll th { max-width: min(30em, 75vw); }
  .scroll tr > :first-child { position: sticky; left: 0; z-index: 1; min-width: 6em; max-width: 8.5em;
    overflow-wrap: anywhere; white-space: normal; background: var(--surface); box-shadow: 1px 0 0 var(--line); } }
@media print { .scroll, .code { overflow: visible; background: none; } .scroll table { width: auto; } }
`;
