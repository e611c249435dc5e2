/**
 * What a notebook needs beside the lab's own functions: setup, showing, waiting, stopping, and the lab's environment.
 *
 * @module
 */
export type { Bundle, Displayable, Markdown, Picture, Table } from "./notebook/displayable.ts";
export {
  type Frontend,
  inKernel,
  type KeptOutput,
  MemoryFrontend,
  useFrontend,
} from "./notebook/frontend.ts";
export { type Lab, type LabMode, openLab, type OpenLabOptions } from "./notebook/lab.ts";
export { setup, StoppedError, stopSignal } from "./notebook/setup.ts";
export { live, say, show, wait, type WaitOptions } from "./notebook/show.ts";

import { wordCellErrors } from "./notebook/cell_errors.ts";

// At the import, not at the set-up: a cell that is run before the set-up is the one that most needs to be told so.
wordCellErrors();
