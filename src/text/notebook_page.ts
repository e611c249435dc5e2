/**
 * Words around a notebook that was made a page, in every language.
 *
 * @module
 */
import type { Language } from "./language.ts";

/** Words of the page. */
export interface NotebookPageText {
  readonly contents: string;
  readonly hideCode: string;
  readonly interactiveOutput: string;
  readonly notRun: string;
  /** Above the page: its outputs are not those that the text was written for. */
  ownRun(note: string): string;
  /** Stands for an output that is too large for the page. */
  leftOut(size: string): string;
}

/** By language. */
export const NOTEBOOK_PAGE_TEXT: Readonly<Record<Language, NotebookPageText>> = {
  en: {
    contents: "Contents",
    hideCode: "Hide code",
    interactiveOutput: "Output",
    notRun: "not run",
    ownRun: (note) =>
      `The outputs on this page are of a run of ${note}. Where the text speaks of the run that comes with the notebook, figures here may differ.`,
    leftOut: (size) => `An output of ${size} is left out of this page; the notebook has it.`,
  },
  "zh-TW": {
    contents: "目錄",
    hideCode: "隱藏程式碼",
    interactiveOutput: "輸出",
    notRun: "未執行",
    ownRun: (note) =>
      `此頁的輸出來自 ${note} 的一次執行。文中提到筆記本隨附的執行結果之處，這裡的數字可能不同。`,
    leftOut: (size) => `此頁省略了一個大小為 ${size} 的輸出，完整內容請見筆記本。`,
  },
};
