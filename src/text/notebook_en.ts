/** What the notebook helpers say, in English. @module */
import { counted } from "./counted.ts";
import type { NotebookText } from "./notebook.ts";

/** English. */
export const notebookEn: NotebookText = {
  stopped: "Stopped. Everything collected so far is kept.",
  notRun: "Not run, because a cell before it was stopped. Run it when you are ready.",
  lostPace: (late, times) =>
    `This machine is too slow for this load: the simulated server is ${late} late (${
      counted(times, "time")
    } so far), and its figures are those of a slower one.`,
  backgroundError: (message) => `A background task failed: ${message}`,
};
