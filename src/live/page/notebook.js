// @ts-check
// The part of an interactive output that runs in the notebook itself: gives each frame its height, and tells it the notebook's
// theme. A frame cannot look: it belongs to nobody.

/** The theme of JupyterLab or VS Code; undefined elsewhere: there the reader's system says. @returns {"light" | "dark" | undefined} */
function notebookTheme() {
  const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false" ? "dark" : "light";
  const kind = vscodeThemeKind ??
    [...document.body.classList].find((name) => /^vscode-(dark|light|high-contrast)/.test(name));
  if (kind === undefined) return undefined;
  return kind.endsWith("light") ? "light" : "dark";
}

const tellFrames = () => {
  for (const frame of document.querySelectorAll("iframe[data-lab-page]")) {
    // Its origin has no name; what is told is no secret.
    if (frame instanceof HTMLIFrameElement) {
      frame.contentWindow?.postMessage({ labTheme: notebookTheme() ?? "" }, "*");
    }
  }
};

addEventListener("message", ({ data, source }) => {
  const height = data?.labPageHeight;
  if (typeof height !== "number" || !(height > 1)) return;
  for (const frame of document.querySelectorAll("iframe[data-lab-page]")) {
    if (!(frame instanceof HTMLIFrameElement) || frame.contentWindow !== source) continue;
    frame.style.height = `${Math.min(Math.ceil(height), 20000)}px`;
    // It has just begun to listen, or has changed its size: what it was told then costs nothing to tell again.
    tellFrames();
  }
});
new MutationObserver(tellFrames).observe(document.body, {
  attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind", "class"],
});
