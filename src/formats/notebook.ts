/**
 * The Jupyter notebook file, nbformat 4.5: read with every check that later code relies on, written as Jupyter writes it
 * (keys sorted, one space of indent, text as lists of lines), so that saving in JupyterLab gives no needless diff.
 *
 * Format: https://nbformat.readthedocs.io/en/latest/format_description.html
 *
 * @module
 */
import { isJsonObject, type Json, type JsonObject, numberAt, objectAt, stringAt, stringsAt } from "./json.ts";

/** A MIME type to its content: text as one string, images as base64, JSON types as JSON. */
export type MimeBundle = Readonly<Record<string, Json>>;

/** What a code cell put out. `text` is one string here, whatever the file has. */
export type NotebookOutput =
  | { readonly kind: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "display_data"; readonly data: MimeBundle; readonly metadata: JsonObject }
  | {
    readonly kind: "execute_result";
    readonly data: MimeBundle;
    readonly metadata: JsonObject;
    readonly executionCount: number | null;
  }
  | {
    readonly kind: "error";
    readonly name: string;
    readonly message: string;
    readonly traceback: readonly string[];
  };

/** A cell. `source` is one string; attachments of prose cells stay in `attachments`. */
export type NotebookCell =
  | {
    readonly kind: "markdown" | "raw";
    readonly id: string;
    readonly source: string;
    readonly metadata: JsonObject;
    readonly attachments?: JsonObject;
  }
  | {
    readonly kind: "code";
    readonly id: string;
    readonly source: string;
    readonly metadata: JsonObject;
    readonly outputs: readonly NotebookOutput[];
    readonly executionCount: number | null;
  };

/** A code cell. */
export type CodeCell = Extract<NotebookCell, { kind: "code" }>;

/** A notebook. */
export interface Notebook {
  readonly cells: readonly NotebookCell[];
  readonly metadata: JsonObject;
}

/**
 * Reads a notebook. Cells without an id (before 4.5) get `cell-1`, `cell-2`, …; two cells with one id keep the first.
 *
 * @throws SyntaxError when the text is not JSON
 * @throws TypeError when it is JSON but not a notebook of format 4
 */
export function parseNotebook(text: string): Notebook {
  const root: unknown = JSON.parse(text);
  if (!isJsonObject(root)) throw new TypeError("Cannot read notebook: not a JSON object, wanted nbformat 4");
  if (root["nbformat"] !== 4) {
    throw new TypeError(`Cannot read notebook: nbformat is ${JSON.stringify(root["nbformat"])}, wanted 4`);
  }
  const cells = root["cells"];
  if (!Array.isArray(cells)) throw new TypeError("Cannot read notebook: it has no list of cells");
  const used = new Set<string>();
  return {
    cells: cells.map((cell, index) => parseCell(cell, index, used)),
    metadata: objectAt(root, "metadata"),
  };
}

function parseCell(cell: unknown, index: number, used: Set<string>): NotebookCell {
  if (!isJsonObject(cell)) throw new TypeError(`Cannot read notebook: cell ${index + 1} is not an object`);
  let id = stringAt(cell, "id");
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id) || used.has(id)) id = `cell-${index + 1}`;
  used.add(id);
  const source = joined(cell["source"]);
  const metadata = objectAt(cell, "metadata");
  const kind = cell["cell_type"];
  if (kind === "markdown" || kind === "raw") {
    const attachments = cell["attachments"];
    return { kind, id, source, metadata, ...(isJsonObject(attachments) ? { attachments } : {}) };
  }
  if (kind !== "code") {
    throw new TypeError(
      `Cannot read notebook: cell ${index + 1} is ${JSON.stringify(kind)}, wanted code, markdown or raw`,
    );
  }
  const outputs = Array.isArray(cell["outputs"]) ? cell["outputs"] : [];
  return {
    kind,
    id,
    source,
    metadata,
    outputs: outputs.map(parseOutput),
    executionCount: numberAt(cell, "execution_count"),
  };
}

function parseOutput(output: unknown): NotebookOutput {
  if (!isJsonObject(output)) throw new TypeError("Cannot read notebook: an output is not an object");
  const kind = output["output_type"];
  switch (kind) {
    case "stream":
      return {
        kind,
        name: output["name"] === "stderr" ? "stderr" : "stdout",
        text: joined(output["text"]),
      };
    case "display_data":
      return { kind, data: parseBundle(objectAt(output, "data")), metadata: objectAt(output, "metadata") };
    case "execute_result":
      return {
        kind,
        data: parseBundle(objectAt(output, "data")),
        metadata: objectAt(output, "metadata"),
        executionCount: numberAt(output, "execution_count"),
      };
    case "error":
      return {
        kind,
        name: stringAt(output, "ename"),
        message: stringAt(output, "evalue"),
        traceback: stringsAt(output, "traceback"),
      };
    default:
      throw new TypeError(`Cannot read notebook: an output is ${JSON.stringify(kind)}, wanted a known type`);
  }
}

/** A bundle from a file or from a kernel: the lists of lines become strings again; JSON types stay as they are. */
export function parseBundle(data: JsonObject): MimeBundle {
  const bundle: Record<string, Json> = {};
  for (const [type, content] of Object.entries(data)) {
    if (content === undefined) continue;
    bundle[type] = isJsonMime(type) ? content : joined(content);
  }
  return bundle;
}

function isJsonMime(type: string): boolean {
  return type === "application/json" || type.endsWith("+json");
}

/** nbformat's multiline string: a string, or a list of strings that belong together. */
function joined(value: Json | undefined): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.filter((part) => typeof part === "string").join("") : "";
}

/** Writes a notebook as nbformat 4.5, with a line break at the end. */
export function formatNotebook(notebook: Notebook): string {
  const root: JsonObject = {
    cells: notebook.cells.map(cellJson),
    metadata: notebook.metadata,
    nbformat: 4,
    nbformat_minor: 5,
  };
  return JSON.stringify(sorted(root), null, 1) + "\n";
}

function cellJson(cell: NotebookCell): JsonObject {
  const common = {
    cell_type: cell.kind,
    id: cell.id,
    metadata: cell.metadata,
    source: lines(cell.source),
  };
  if (cell.kind !== "code") {
    return cell.attachments === undefined ? common : { ...common, attachments: cell.attachments };
  }
  return { ...common, execution_count: cell.executionCount, outputs: cell.outputs.map(outputJson) };
}

function outputJson(output: NotebookOutput): JsonObject {
  switch (output.kind) {
    case "stream":
      return { output_type: "stream", name: output.name, text: lines(output.text) };
    case "display_data":
      return { output_type: output.kind, data: bundleJson(output.data), metadata: output.metadata };
    case "execute_result":
      return {
        output_type: output.kind,
        data: bundleJson(output.data),
        metadata: output.metadata,
        execution_count: output.executionCount,
      };
    case "error":
      return {
        output_type: "error",
        ename: output.name,
        evalue: output.message,
        traceback: output.traceback,
      };
  }
}

function bundleJson(bundle: MimeBundle): JsonObject {
  return Object.fromEntries(
    Object.entries(bundle).map(([type, content]) => {
      const split = typeof content === "string" && isTextMime(type);
      return [type, split ? lines(content) : content];
    }),
  );
}

/** The types that Jupyter keeps as lists of lines; base64 stays one string. */
export function isTextMime(type: string): boolean {
  return type.startsWith("text/") || type === "image/svg+xml" || type === "application/javascript";
}

/** Each line with its line break; "" has none. */
function lines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

/** The same value with the keys of every object in order, as nbformat's own writer has them. */
function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item) ?? null);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
