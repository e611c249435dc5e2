/**
 * Looks of a notebook's page and of the frames in it, light and dark. Colours are those of the charts.
 *
 * @module
 */
import { SCROLL_STYLE } from "../base/scroll_style.ts";

const COLOURS = `
:root { color-scheme: light dark; --bg: #ffffff; --card: #f6f8fa; --text: #1f2328; --muted: #59636e; --line: #d8dee4;
  --bad: #b91c1c; --keyword: #8a3ffc; --string: #0a6b4a; --number: #0b5cad; --title: #954800; }
@media (prefers-color-scheme: dark) { :root { --bg: #0d1117; --card: #161b22; --text: #e6edf3; --muted: #9aa4af;
  --line: #2f3742; --bad: #ff7b72; --keyword: #c8a6ff; --string: #7ee2b8; --number: #7ab8ff; --title: #ffb077; } }
body { margin: 0; background: var(--bg); color: var(--text); line-height: 1.55;
  font-family: system-ui, "Noto Sans", "DejaVu Sans", "PingFang TC", "Microsoft JhengHei", "Noto Sans TC", sans-serif; }
table { border-collapse: collapse; font-size: 0.875em; line-height: 1.4; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 0.5em; }
th, td { border-bottom: 1px solid var(--line); padding: 0.35em 0.7em 0.35em 0.4em; text-align: left; vertical-align: top;
  min-width: 3em; max-width: 34em; } td:first-child { min-width: 8.5em; }
th[align="right"], td[align="right"] { text-align: right; white-space: nowrap; }
thead th { color: var(--muted); font-weight: 600; vertical-align: bottom; border-bottom-width: 2px; }
thead:not(:has(th:not(:empty))) { display: none; }
pre, code { font-family: ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86rem; }
`;

/** For frames: no margin of their own, so that a table stands where the other outputs stand. */
export const FRAME_STYLE =
  `${COLOURS} ${SCROLL_STYLE} body { overflow-x: auto; overflow-y: hidden; } table { margin: 1px; }`
    .replace(/\n\s*/g, " ");

/** For the page. */
export const PAGE_STYLE = `${COLOURS}
main, header, footer { max-width: 1072px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 20px; color: var(--muted); font-size: 0.9rem; display: flex; flex-wrap: wrap; gap: 4px 24px;
  justify-content: flex-end; } header label { cursor: pointer; }
footer { padding: 24px 20px 48px; color: var(--muted); font-size: 0.85rem; }
nav { font-size: 0.9rem; margin: 20px 0; padding: 12px 16px; background: var(--card); border-radius: 6px; }
nav ul { margin: 4px 0 0; padding: 0; list-style: none; columns: 2; column-gap: 32px; }
nav li { break-inside: avoid; padding: 1px 0; } nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
h1, h2, h3, h4, h5 { line-height: 1.25; margin: 1.4em 0 0.5em; text-wrap: balance; } h1 { font-size: 1.9rem; margin-top: 0.6em; }
h2 { font-size: 1.4rem; margin-top: 2em; padding-top: 0.6em; border-top: 1px solid var(--line); }
h3 { font-size: 1.12rem; } h4 { font-size: 1rem; } h5 { font-size: 0.92rem; }
section > p, section > ul, section > ol, details { max-width: 44rem; }
details { border: 1px solid var(--line); border-radius: 6px; padding: 8px 14px; margin: 12px 0; }
summary { cursor: pointer; font-weight: 600; }
:not(pre) > code { background: var(--card); border-radius: 4px; padding: 0.1em 0.25em; overflow-wrap: anywhere; }
a { color: var(--number); } img { display: block; max-width: none; height: auto; }
section img { max-width: 100%; }
${SCROLL_STYLE} .code { --surface: var(--card); } .table > p { color: var(--muted); font-size: 0.85rem; margin: 6px 0 0; }
.code { border: 1px solid var(--line); border-left: 3px solid var(--line); border-radius: 6px;
  margin: 12px 0 8px; } .code pre { margin: 0; padding: 10px 12px; width: max-content; }
.output { margin: 8px 0 20px; } .output > * { margin: 10px 0; }
.output pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 4px 0; }
.output .stderr { color: var(--muted); } .output .error { color: var(--bad); border-left: 3px solid var(--bad);
  padding-left: 10px; } .note { color: var(--muted); font-size: 0.85rem; }
.output .prose { border-left: 3px solid var(--line); padding-left: 16px; } .prose > :first-child { margin-top: 0; }
iframe { border: 0; width: 100%; display: block; }
.hljs-keyword, .hljs-built_in, .hljs-literal { color: var(--keyword); } .hljs-string, .hljs-regexp { color: var(--string); }
.hljs-number { color: var(--number); } .hljs-comment { color: var(--muted); font-style: italic; }
.hljs-title, .hljs-attr { color: var(--title); }
body:has(#hide-code:checked) .code { display: none; }
@media (max-width: 600px) { h1 { font-size: 1.5rem; } nav ul { columns: 1; } main, header, footer { padding-left: 14px;
  padding-right: 14px; } }
@media print { header label, nav { display: none; } .code pre { white-space: pre-wrap;
  width: auto; } img { max-width: 100%; } .output, tr, img { break-inside: avoid; } h1, h2, h3 { break-after: avoid; } }
`.replace(/\n\s*/g, " ");
