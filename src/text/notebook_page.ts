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
    leftOut: (size) => `An output of ${size} is left out of this page; the notebook has it.`,
  },
  "zh-TW": {
    contents: "目錄",
    hideCode: "隱藏程式碼",
    interactiveOutput: "輸出",
    notRun: "未執行",
    leftOut: (size) => `此頁省略了一個大小為 ${size} 的輸出，完整內容請見筆記本。`,
  },
};
