/**
 * HTML outputs in frames of their own: what they hold cannot reach the page, the reader's files or the network.
 *
 * @module
 */
import { escapeHtml } from "../base/escape.ts";
import { FRAME_STYLE } from "./html_style.ts";

/** In each frame: tells its height, also when it changes. */
const TELL_HEIGHT = `(() => {
  const tell = () => parent.postMessage({ height: document.documentElement.getBoundingClientRect().height }, "*");
  // Frames out of sight are not painted, and only painting wakes the observer.
  addEventListener("load", tell);
  new ResizeObserver(tell).observe(document.documentElement);
})();`;

/** In the page: sets the height of the frame that told. */
export const TAKE_HEIGHT = `addEventListener("message", (event) => {
  const height = event.data?.height;
  if (typeof height !== "number" || !(height > 1)) return;
  for (const frame of document.querySelectorAll("iframe")) {
    if (frame.contentWindow === event.source) frame.style.height = Math.min(Math.ceil(height) + 2, 20000) + "px";
  }
});`;

/** A frame with the output; where scripts are off its height is an estimate. */
export function frameOf(html: string, title: string): string {
  const document = `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">` +
    `<style>${FRAME_STYLE}</style><div class="scroll" tabindex="0">${html}</div><script>${TELL_HEIGHT}</script>`;
  const rows = html.match(/<(tr|p|li|h\d)\b/g)?.length ?? 0;
  const height = Math.min(80 + rows * 30, 1200);
  // Without allow-same-origin it has an origin of its own; the page's policy (no network) holds in it too.
  return `<iframe sandbox="allow-scripts" title="${escapeHtml(title)}" style="height:${height}px" ` +
    `srcdoc="${attribute(document)}"></iframe>`;
}

/** As it stands, but for what would end the attribute or be read as a reference. */
function attribute(document: string): string {
  return document.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
}

/** The scripts that the page's policy must allow: its own, the frames', and those of the outputs. */
export function scriptsFor(outputs: readonly string[]): readonly string[] {
  return [...new Set([TAKE_HEIGHT, TELL_HEIGHT, ...outputs.flatMap(scriptsIn)])];
}

/** Inline scripts of a piece of HTML, also of frames within it. */
function scriptsIn(html: string): readonly string[] {
  const own = [...html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script\s*>/gi)].map((match) => match[1] ?? "");
  const framed = [...html.matchAll(/\bsrcdoc\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].flatMap((match) =>
    scriptsIn(unescaped(match[1] ?? match[2] ?? ""))
  );
  return [...own, ...framed];
}

function unescaped(text: string): string {
  return text.replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, "<").replace(/&gt;/g, ">")
    .replace(
      /&amp;/g,
      "&",
    );
}

/** The Content-Security-Policy: nothing from outside, only the scripts that are named by their hash. */
export async function policyFor(outputs: readonly string[]): Promise<string> {
  const hashes = await Promise.all(
    scriptsFor(outputs).map(async (script) => {
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
      return `'sha256-${new Uint8Array(digest).toBase64()}'`;
    }),
  );
  return `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${hashes.join(" ")}; ` +
    "base-uri 'none'; form-action 'none'";
}
