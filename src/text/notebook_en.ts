/** What the notebook helpers say, in English. @module */
import type { NotebookText } from "./notebook.ts";

/** English. */
export const notebookEn: NotebookText = {
  stopped: "Stopped. Everything collected so far is kept; run the cells below when you are ready.",
  backgroundError: (message) => `A background task failed: ${message}`,
};
