/** What the notebook helpers say, in English. @module */
import type { NotebookText } from "./notebook.ts";

/** English. */
export const notebookEn: NotebookText = {
  stopped: "Stopped. Everything collected so far is kept.",
  backgroundError: (message) => `A background task failed: ${message}`,
};
