/**
 * How messages name the ways out of what cannot be read: by the options of who asked.
 *
 * @module
 */

/** Who asked: code names `timeoutSeconds`, a command line `--timeout`. */
export type AskedBy = "code" | "command";

/** Ways out, as parts of a sentence. */
export interface RemoteWords {
  readonly checkCredentials: string;
  readonly takesPartial: string;
  readonly shorterOrLonger: string;
  readonly shorterOrFewer: string;
  readonly fewerOrShorterWindow: string;
  readonly selectLess: string;
}

/** Ways out, by who asked. */
export const REMOTE_WORDS: Readonly<Record<AskedBy, RemoteWords>> = {
  code: {
    checkCredentials: "check the token or password",
    takesPartial: "allowPartial takes such answers",
    shorterOrLonger: "ask for a shorter span or raise timeoutSeconds",
    shorterOrFewer: "ask for a shorter span or add matchers",
    fewerOrShorterWindow: "use matchers or a shorter window",
    selectLess: "use evaluate() or a shorter span",
  },
  command: {
    checkCredentials: "check the token (LAB_REMOTE_TOKEN) or the password in the address",
    takesPartial: "--allow-partial takes such answers",
    shorterOrLonger: "ask for a shorter stretch (--last, --from and --to) or raise --timeout",
    shorterOrFewer: "ask for a shorter stretch (--last, --from and --to) or fewer series (--match)",
    fewerOrShorterWindow: "ask for a shorter stretch (--last, --from and --to) or fewer series (--match)",
    selectLess: "ask for a shorter stretch (--last, --from and --to) or fewer series (--match)",
  },
};
