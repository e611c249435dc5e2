/**
 * Checks that everything public is documented and that no public signature names a private type.
 *
 * @module
 */
import { deno } from "./process.ts";

/**
 * What `deno doc --lint` finds, but for plain properties: there the name (with its unit) and the type often say all,
 * and a sentence would repeat them. Functions, methods, classes, types and constants need one.
 */
export async function documentationProblems(file: string): Promise<string> {
  const { code, output } = await deno(["doc", "--lint", file]);
  if (code === 0) return "";
  const findings = splitFindings(output);
  if (findings.length === 0) return output;
  const missing: string[] = [];
  for (const finding of findings) {
    if (!isPlainProperty(finding) && !await isDocumentedByTag(finding)) missing.push(finding);
  }
  return missing.join("\n\n");
}

/** True where a comment stands that holds tags only: `@inheritdoc` of an interface's method, `@param` of a constructor. */
async function isDocumentedByTag(finding: string): Promise<boolean> {
  const place = finding.match(/^\s*--> (.*):(\d+):\d+$/m);
  if (!finding.startsWith("error[missing-jsdoc]") || place === null) return false;
  const lines = (await Deno.readTextFile(place[1] ?? "")).split("\n");
  const line = Number(place[2]);
  // What disposing does is said by the class.
  if (/\[Symbol\.(async)?[dD]ispose\]/.test(lines[line - 1] ?? "")) return true;
  return (lines[line - 2] ?? "").trimEnd().endsWith("*/");
}

/** The findings of a report, each with its code frame. */
export function splitFindings(report: string): readonly string[] {
  return report.split(/^(?=error\[)/m).filter((part) => part.startsWith("error[")).map((part) =>
    part.replace(/\nerror: Found [\s\S]*$/, "").trim()
  );
}

/** True for a missing comment on a property inside a type or class: `name: type`, `name?: type`, `name = value`. */
export function isPlainProperty(finding: string): boolean {
  if (!finding.startsWith("error[missing-jsdoc]")) return false;
  const column = Number(finding.match(/^\s*--> .*:\d+:(\d+)$/m)?.[1]);
  const line = finding.match(/^\s*\d+ \| (.*)$/m)?.[1] ?? "";
  const isMember = /^\s/.test(line);
  return isMember && /^["'\w$#]+[?!]?\s*[:=](?!>)/.test(line.slice(column - 1));
}
