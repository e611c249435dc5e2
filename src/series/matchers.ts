/**
 * Conditions on labels, compiled once.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import type { Matcher } from "./types.ts";

/** True where the labels meet every condition. */
export type LabelTest = (labels: Labels) => boolean;

/**
 * Compiles matchers; a label that is missing counts as "". Regular expressions are anchored at both ends and their `.`
 * takes line ends too, as in Prometheus; their syntax is JavaScript's, which reads all but a few of RE2's forms alike.
 *
 * @throws SyntaxError for a regular expression that cannot be read
 */
export function compileMatchers(matchers: readonly Matcher[] = []): LabelTest {
  const tests = matchers.map(compile);
  if (tests.length === 0) return () => true;
  return (labels) => tests.every((test) => test(labels));
}

function compile({ label, operator, value }: Matcher): LabelTest {
  const valueOf = (labels: Labels) => Object.hasOwn(labels, label) ? labels[label]! : "";
  switch (operator) {
    case "=":
      return (labels) => valueOf(labels) === value;
    case "!=":
      return (labels) => valueOf(labels) !== value;
    case "=~": {
      const pattern = anchored(value);
      return (labels) => pattern.test(valueOf(labels));
    }
    case "!~": {
      const pattern = anchored(value);
      return (labels) => !pattern.test(valueOf(labels));
    }
  }
}

function anchored(pattern: string): RegExp {
  const source = `^(?:${pattern})$`;
  try {
    return new RegExp(source, "su");
  } catch {
    // The strict flag refuses needless escapes (`\\-`), which RE2 takes; without it they are read alike.
    return new RegExp(source, "s");
  }
}
