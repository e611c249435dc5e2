/**
 * What `deno test --reporter=dot` prints, for a file or a pipe: there it writes each dot on a line of its own.
 *
 * @module
 */

/** Dots on one line before the next begins. */
const ROW = 100;

/** Joins lines that are one dot (or one mark of a failed or an ignored test) to rows; all else passes as it is. */
export function dotRows(): TransformStream<string, string> {
  let rest = "";
  let dots = "";
  const take = (line: string): string => {
    if (/^[.!,]$/.test(line)) {
      dots += line;
      return dots.length >= ROW ? flush() : "";
    }
    return flush() + line + "\n";
  };
  const flush = (): string => {
    const row = dots === "" ? "" : `${dots}\n`;
    dots = "";
    return row;
  };
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      const text = lines.map(take).join("");
      if (text !== "") controller.enqueue(text);
    },
    flush(controller) {
      const text = flush() + rest;
      if (text !== "") controller.enqueue(text);
    },
  });
}
