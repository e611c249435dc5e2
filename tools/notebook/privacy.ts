/**
 * Keeps what belongs to one machine out of notebooks that others read: paths of the checkout and of the home folder.
 *
 * @module
 */
import { isJsonObject, type Json } from "../../src/formats/json.ts";
import { isTextMime, type MimeBundle, type NotebookOutput } from "../../src/formats/notebook.ts";

/** A text to look for and what stands in its place. */
export interface Replacement {
  readonly from: RegExp;
  readonly to: string;
}

/** A secret that must not be written anywhere, such as an API key; an empty one replaces nothing. */
export function secret(value: string): readonly Replacement[] {
  return value === "" ? [] : [{ from: new RegExp(escaped(value), "g"), to: "***" }];
}

/** What is replaced: the project's folder by nothing, the home folder by `~`; as paths and as `file:` URLs. */
export function machinePaths(
  projectDirectory: string,
  homeDirectory: string | undefined,
): readonly Replacement[] {
  const replacements = folder(projectDirectory, "");
  // A home folder of "/" (some containers) would match every path.
  if (homeDirectory !== undefined && homeDirectory.length > 1) {
    replacements.push(...folder(homeDirectory, "~/"));
  }
  return replacements;
}

function folder(path: string, to: string): Replacement[] {
  const bare = escaped(path.replace(/[/\\]+$/, ""));
  return [
    { from: new RegExp(`file://${bare}[/\\\\]`, "g"), to },
    { from: new RegExp(`(?<![\\w.])${bare}[/\\\\]`, "g"), to },
    { from: new RegExp(`(?<![\\w.])${bare}(?![\\w-]|\\.\\w)`, "g"), to: to === "" ? "." : "~" },
  ];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The same output without paths of this machine. Base64 content is left as it is. */
export function withoutMachinePaths(
  output: NotebookOutput,
  replacements: readonly Replacement[],
): NotebookOutput {
  const clean = (text: string) => replacements.reduce((done, { from, to }) => done.replace(from, to), text);
  switch (output.kind) {
    case "stream":
      return { ...output, text: clean(output.text) };
    case "error":
      return { ...output, message: clean(output.message), traceback: output.traceback.map(clean) };
    default:
      return { ...output, data: cleanBundle(output.data, clean) };
  }
}

function cleanBundle(bundle: MimeBundle, clean: (text: string) => string): MimeBundle {
  return Object.fromEntries(
    Object.entries(bundle).map(([type, content]) => {
      const base64 = typeof content === "string" && !isTextMime(type);
      return [type, base64 ? content : cleanJson(content, clean)];
    }),
  );
}

function cleanJson(value: Json, clean: (text: string) => string): Json {
  if (typeof value === "string") return clean(value);
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, clean));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, cleanJson(item ?? null, clean)]),
  );
}

/** Hosts that may stand in an output: this machine's own names, the namespace of SVG, and names that never resolve. */
const HARMLESS_HOST =
  /^(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|www\.w3\.org|.*\.(invalid|example|test)|simulated.*)$/;

/** An absolute path: one of the folders that only exist on somebody's machine, or a drive letter. */
const MACHINE_PATH =
  /(?<![\w.~/-])(?:file:\/\/\S*|\/(?:home|root|Users|work|tmp|var|opt|usr|mnt|private)\/[\w.@/-]*|[A-Z]:\\[\w.\\-]+)/;

/** Addresses that stand in the licence notes of libraries which an output carries with it. */
const LIBRARY_ADDRESSES: readonly string[] = ["https://github.com/leeoniya/uPlot"];

/** What in the text names a machine: a path, a `file:` URL, a foreign host. Undefined when nothing does. */
export function machineDetail(text: string): string | undefined {
  const path = text.match(MACHINE_PATH)?.[0];
  if (path !== undefined) return path;
  for (const [url, host] of text.matchAll(/\bhttps?:\/\/([^\s/:"'<>)\]]+|\[::1\])[^\s"'<>)]*/g)) {
    if (host !== undefined && !HARMLESS_HOST.test(host) && !LIBRARY_ADDRESSES.includes(url)) return url;
  }
  return undefined;
}

/** Every readable text of an output, with the place it stands in. */
export function outputTexts(output: NotebookOutput): readonly string[] {
  switch (output.kind) {
    case "stream":
      return [output.text];
    case "error":
      return [output.message, ...output.traceback];
    default:
      return Object.entries(output.data).map(([type, content]) => {
        if (typeof content !== "string") return JSON.stringify(content);
        return isTextMime(type) ? content : "";
      });
  }
}
