/**
 * Looks of a notebook's page and of the frames in it, light and dark. Colours are those of the charts.
 *
 * @module
 */

const COLOURS = `
:root { color-scheme: light dark; --bg: #ffffff; --card: #f6f8fa; --text: #1f2328; --muted: #59636e; --line: #d8dee4;
  --bad: #b91c1c; --keyword: #8a3ffc; --string: #0a6b4a; --number: #0b5cad; --title: #954800; }
@media (prefers-color-scheme: dark) { :root { --bg: #0d1117; --card: #161b22; --text: #e6edf3; --muted: #9aa4af;
  --line: #2f3742; --bad: #ff7b72; --keyword: #c8a6ff; --string: #7ee2b8; --number: #7ab8ff; --title: #ffb077; } }
body { margin: 0; background: var(--bg); color: var(--text); line-height: 1.55;
  font-family: system-ui, "Noto Sans", "DejaVu Sans", "PingFang TC", "Microsoft JhengHei", "Noto Sans TC", sans-serif; }
table { border-collapse: collapse; font-size: 0.9em; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 0.25em 0.7em; text-align: left; vertical-align: top; }
th { background: var(--card); }
thead:not(:has(th:not(:empty))) { display: none; }
pre, code { font-family: ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86rem; }
`;

/** For frames: no margin of their own, so that a table stands where the other outputs stand. */
export const FRAME_STYLE = `${COLOURS} body { overflow-x: auto; overflow-y: hidden; } table { margin: 1px; }`
  .replace(/\n\s*/g, " ");

/** For the page. */
export const PAGE_STYLE = `${COLOURS}
main, header, footer { max-width: 960px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 20px; color: var(--muted); font-size: 0.9rem; display: flex; flex-wrap: wrap; gap: 4px 24px;
  justify-content: flex-end; }
footer { padding: 24px 20px 48px; color: var(--muted); font-size: 0.85rem; }
nav { font-size: 0.9rem; margin: 16px 0; } nav ul { margin: 4px 0; padding: 0; list-style: none; }
h1, h2, h3 { line-height: 1.25; margin: 1.4em 0 0.5em; } h1 { font-size: 1.8rem; margin-top: 0.6em; }
a { color: var(--number); } img { max-width: 100%; height: auto; display: block; }
.code { border: 1px solid var(--line); border-left: 3px solid var(--line); border-radius: 6px; background: var(--card);
  margin: 12px 0 8px; overflow-x: auto; } .code pre { margin: 0; padding: 10px 12px; }
.output { margin: 8px 0 16px; } .output > * { margin: 8px 0; }
.output pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 4px 0; }
.output .stderr { color: var(--muted); } .output .error { color: var(--bad); border-left: 3px solid var(--bad);
  padding-left: 10px; } .note { color: var(--muted); font-size: 0.85rem; }
iframe { border: 0; width: 100%; display: block; }
.hljs-keyword, .hljs-built_in, .hljs-literal { color: var(--keyword); } .hljs-string, .hljs-regexp { color: var(--string); }
.hljs-number { color: var(--number); } .hljs-comment { color: var(--muted); font-style: italic; }
.hljs-title, .hljs-attr { color: var(--title); }
body:has(#hide-code:checked) .code { display: none; }
@media print { header label, nav { display: none; } }
`.replace(/\n\s*/g, " ");
