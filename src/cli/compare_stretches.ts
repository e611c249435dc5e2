/**
 * Stretches of one source that `deno task compare` holds against each other: `--before FROM..TO --after FROM..TO` of a
 * recording, or of a Prometheus.
 *
 * @module
 */
import type { ComparableRun } from "../analyzer/compare.ts";
import { stretchOf, withinSpan } from "../series/narrow.ts";
import type { TimeSpan } from "../series/types.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { isoOf, type OpenedSource, openSource } from "./source.ts";
import { type ServerOptions, time } from "./span_options.ts";
import { CliError, note } from "./terminal.ts";

/** Stretches of a side as they were written, and what else stood among them: the shell gives a path there too. */
interface WrittenStretches {
  readonly stretches: readonly TimeSpan[];
  readonly others: readonly string[];
}

/** Both sides, and the source that they are of. */
export interface ComparedStretches {
  readonly before: readonly TimeSpan[];
  readonly after: readonly TimeSpan[];
  /** A recording; undefined: a remote server or the newest run. */
  readonly path?: string;
}

/**
 * What was written, as stretches of one source; undefined where runs are meant.
 *
 * @throws CliError where one side gives stretches and the other none, where a stretch ends before it begins, or both share time
 */
export function stretchesOf(
  { before, after }: { readonly before?: readonly string[]; readonly after?: readonly string[] },
  rest: readonly string[],
): ComparedStretches | undefined {
  const [first, second] = [written(before), written(after)];
  if (first.stretches.length === 0 && second.stretches.length === 0) return undefined;
  const paths = [...rest, ...first.others, ...second.others];
  const [path] = paths;
  if (first.stretches.length === 0 || second.stretches.length === 0 || paths.length > 1) {
    throw new CliError(
      "Cannot compare stretches: wanted --before FROM..TO --after FROM..TO and at most one recording",
    );
  }
  for (const one of first.stretches) {
    for (const other of second.stretches) {
      if (one.startSeconds < other.endSeconds && other.startSeconds < one.endSeconds) {
        throw new CliError(
          `Cannot compare stretches: ${isoOf(one)} and ${
            isoOf(other)
          } share time, wanted one before or after the other`,
        );
      }
    }
  }
  return { before: first.stretches, after: second.stretches, ...(path === undefined ? {} : { path }) };
}

/** A stretch is two times with `..` between. */
function written(values: readonly string[] = []): WrittenStretches {
  const stretches: TimeSpan[] = [];
  const others: string[] = [];
  for (const value of values.flatMap((one) => one.includes("..") ? one.split(",") : [one])) {
    const [from = "", to = "", ...more] = value.split("..");
    if (more.length > 0 || !isTime(from) || !isTime(to)) {
      others.push(value);
      continue;
    }
    const [startSeconds, endSeconds] = [timeOf(from), timeOf(to)];
    if (!(startSeconds < endSeconds)) {
      throw new CliError(`Cannot compare stretches: ${value} ends before it begins, wanted FROM..TO`);
    }
    stretches.push({ startSeconds, endSeconds });
  }
  return { stretches, others };
}

/** Whether it is meant as a time, and not as a path: `../runs` has two points too. */
function isTime(value: string): boolean {
  return /^(\d|now\b)/.test(value);
}

function timeOf(value: string): number {
  try {
    return time(value);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CliError(
      `Cannot compare stretches: "${value}" is no time, ${error.message.replace(/\.$/, "")}`,
    );
  }
}

/** The sides as sources; dispose `opened` when they are compared. */
export async function openStretches(
  { before, after, path }: ComparedStretches,
  { prometheus, match, timeout, allowPartial }: ServerOptions,
  language: Language,
): Promise<
  { readonly before: ComparableRun[]; readonly after: ComparableRun[]; readonly opened: OpenedSource }
> {
  const all = [...before, ...after];
  // A server is asked for what is compared and what lies between, no more.
  const ends = prometheus === undefined ? {} : {
    from: Math.min(...all.map(({ startSeconds }) => startSeconds)),
    to: Math.max(...all.map(({ endSeconds }) => endSeconds)),
  };
  const asked = {
    ...(prometheus === undefined ? {} : { prometheus }),
    ...(match === undefined ? {} : { match }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(allowPartial === undefined ? {} : { allowPartial }),
  };
  const opened = await openSource({ path, options: { ...asked, ...ends } }, language);
  try {
    const held = await opened.source.span();
    const side = (name: keyof ReturnType<typeof cliText>["sides"], stretches: readonly TimeSpan[]) =>
      stretches.map((wanted) => {
        const span = held &&
          stretchOf(held, { fromSeconds: wanted.startSeconds, toSeconds: wanted.endSeconds });
        if (held === undefined || span === undefined || span.startSeconds === span.endSeconds) {
          throw new CliError(cliText(language).outside(held === undefined ? "" : isoOf(held)));
        }
        note(cliText(language).sides[name](isoOf(span)));
        return withinSpan(opened.source, span);
      });
    return { before: side("before", before), after: side("after", after), opened };
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}
