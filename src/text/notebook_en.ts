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
  notRunYet: (name, cells) => `${name} is not there yet. Run first: ${cells.join(", then ")}`,
  cellWith: ({ makes, section }) => `the cell with "${makes}" (section ${section})`,
  notImported: (name) => `${name} is not imported yet. Put this above it: import { ${name} } from "#lab"`,
  notExported: (name, near) => `"#lab" has no ${name}, wanted perhaps ${near}`,
  notDefined: (name, near) =>
    near === ""
      ? `${name} is not defined. Run the cell that makes it first`
      : `${name} is not defined. Perhaps ${near} of "#lab" is meant; else run the cell that makes it first`,
  opened: ({ mode, apiBase, simulated }) => `mode: ${mode}, API: ${apiBase}, simulated: ${simulated}`,
  labClosed: "The lab is closed (section 9 does that): run section 1 again, and the cells after it",
  nothingToShow: "Nothing to show: the list is empty, as it is before there are values.",
  backgroundError: (message) => `A background task failed: ${message}`,
};
