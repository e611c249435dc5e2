/** What the notebook helpers say, in English. @module */
import type { NotebookText } from "./notebook.ts";

/** English. */
export const notebookEn: NotebookText = {
  stopped: "Stopped. Everything collected so far is kept.",
  notRun: "Not run, because a cell before it was stopped. Run it when you are ready.",
  backgroundError: (message) => `A background task failed: ${message}`,
};
