/**
 * What the notebook helpers say, in every language.
 *
 * @module
 */
import type { Language } from "./language.ts";
import { notebookEn } from "./notebook_en.ts";
import { notebookZhTw } from "./notebook_zh_tw.ts";

/** Sentences of `src/notebook`. */
export interface NotebookText {
  /** The message of the error that ends a cell when the reader presses Stop. */
  readonly stopped: string;
  /** The message of a cell that waited behind the stopped one. */
  readonly notRun: string;
  /** The simulated server does not keep up with its clock. */
  lostPace(late: string, times: string): string;
  /** An error of a background task, told under the next cell. */
  backgroundError(message: string): string;
}

/** By language. */
export const NOTEBOOK_TEXT: Readonly<Record<Language, NotebookText>> = {
  en: notebookEn,
  "zh-TW": notebookZhTw,
};
