/**
 * Gathers a kernel's messages into the outputs of cells, by the rules of Jupyter's own front ends.
 *
 * @module
 */
import { type JsonObject, numberAt, objectAt, stringAt, stringsAt } from "../../src/formats/json.ts";
import { type NotebookOutput, parseBundle } from "../../src/formats/notebook.ts";
import { displayIdOf, type KernelMessage } from "../kernel/messages.ts";

/** The outputs of one cell, while it runs and after. */
export interface CellOutputs {
  readonly outputs: readonly NotebookOutput[];
}

interface Slot {
  output: NotebookOutput;
  displayId: string;
}

/**
 * Takes messages in the order of their arrival. Whatever comes belongs to the cell that began last: the kernel itself
 * names late outputs after the wrong request, so order, and the runner's marker, decide.
 */
export class OutputCollector {
  readonly #cells: Slot[][] = [];
  #clearBeforeNext = false;

  /** Opens the next cell; the returned list is filled as messages come, also by updates during later cells. */
  beginCell(): CellOutputs {
    const slots: Slot[] = [];
    this.#cells.push(slots);
    this.#clearBeforeNext = false;
    return {
      get outputs() {
        return slots.map((slot) => slot.output);
      },
    };
  }

  /** The outputs of the cell that began last. */
  get lastCell(): readonly NotebookOutput[] {
    return this.#cells.at(-1)?.map((slot) => slot.output) ?? [];
  }

  /** Adds an output that no message brought (a syntax error, a kernel that ended). */
  add(output: NotebookOutput, displayId = ""): void {
    const slots = this.#cells.at(-1);
    if (slots === undefined) return;
    if (this.#clearBeforeNext) slots.length = 0;
    this.#clearBeforeNext = false;
    slots.push({ output, displayId });
  }

  /** Takes a message; those that are no output are left alone. */
  take(message: KernelMessage): void {
    if (message.channel !== "iopub") return;
    const { content } = message;
    switch (message.type) {
      case "stream":
        return this.#addText(content);
      case "display_data":
        return this.add({ kind: "display_data", ...shown(content) }, displayIdOf(content));
      case "execute_result":
        return this.add(
          { kind: "execute_result", ...shown(content), executionCount: numberAt(content, "execution_count") },
          displayIdOf(content),
        );
      case "update_display_data":
        return this.#update(content);
      case "clear_output":
        return this.#clear(content);
      case "error":
        return this.add({
          kind: "error",
          name: stringAt(content, "ename"),
          message: stringAt(content, "evalue"),
          traceback: stringsAt(content, "traceback"),
        });
    }
  }

  /** Text that follows text of the same stream continues it. */
  #addText(content: JsonObject): void {
    const name = content["name"] === "stderr" ? "stderr" : "stdout";
    const text = stringAt(content, "text");
    const last = this.#clearBeforeNext ? undefined : this.#cells.at(-1)?.at(-1);
    if (last?.output.kind === "stream" && last.output.name === name) {
      last.output = { kind: "stream", name, text: last.output.text + text };
    } else {
      this.add({ kind: "stream", name, text });
    }
  }

  /** Redraws every output that was shown under the id, in whichever cell. */
  #update(content: JsonObject): void {
    const displayId = displayIdOf(content);
    if (displayId === "") return;
    for (const slot of this.#cells.flat()) {
      if (slot.displayId !== displayId) continue;
      if (slot.output.kind !== "display_data" && slot.output.kind !== "execute_result") continue;
      slot.output = { ...slot.output, ...shown(content) };
    }
  }

  #clear(content: JsonObject): void {
    if (content["wait"] === true) {
      this.#clearBeforeNext = true;
    } else {
      const slots = this.#cells.at(-1);
      if (slots !== undefined) slots.length = 0;
    }
  }
}

function shown(content: JsonObject) {
  return { data: parseBundle(objectAt(content, "data")), metadata: objectAt(content, "metadata") };
}
