/**
 * What the notebook helpers say, in every language.
 *
 * @module
 */
import type { Language } from "./language.ts";
import { notebookEn } from "./notebook_en.ts";
import { notebookZhTw } from "./notebook_zh_tw.ts";

/** What the lab runs against: a server that was named, a simulated one, or a replay of it. */
export type LabMode = "server" | "simulated" | "replay";

/** Sentences of `src/notebook`. */
export interface NotebookText {
  /** The message of the error that ends a cell when the reader presses Stop. */
  readonly stopped: string;
  /** The message of a cell that waited behind the stopped one. */
  readonly notRun: string;
  /** The simulated server does not keep up with its clock. */
  lostPace(late: string, times: string): string;
  /** A name that a cell of the lab's notebook makes, which has not been run. */
  notRunYet(name: string, cells: readonly string[]): string;
  /** One of those cells. */
  cellWith(cell: { readonly makes: string; readonly section: number }): string;
  /** A name of `#lab` that no cell has imported. */
  notImported(name: string): string;
  /** A name that was imported and that `#lab` does not have. */
  notExported(name: string, near: string): string;
  /** A name that nobody knows; `near` is "" where nothing comes near. */
  notDefined(name: string, near: string): string;
  /** What a lab was opened on. */
  opened(lab: { readonly mode: LabMode; readonly apiBase: string; readonly simulated: boolean }): string;
  /** Added to what fails after the lab was closed. */
  readonly labClosed: string;
  /** An empty list was to be shown. */
  readonly nothingToShow: string;
  /** An error of a background task, told under the next cell. */
  backgroundError(message: string): string;
}

/** By language. */
export const NOTEBOOK_TEXT: Readonly<Record<Language, NotebookText>> = {
  en: notebookEn,
  "zh-TW": notebookZhTw,
};
