/**
 * Reads the counts of a JUnit report, as `deno test --junit-path` writes it.
 *
 * @module
 */

/** How many tests ended how. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts the cases themselves, not the sums that the report states of itself.
 *
 * @throws SyntaxError when it is no whole JUnit report
 */
export function readJunit(xml: string): TestCounts {
  if (!/<testsuites[\s>]/.test(xml) || !/(<\/testsuites>|<testsuites[^>]*\/>)\s*$/.test(xml)) {
    throw new SyntaxError("Cannot read test report: it is not a whole <testsuites> document");
  }
  let failed = 0;
  let skipped = 0;
  let total = 0;
  // Text is escaped in XML: "<testcase" can only be the tag.
  for (
    const [, attributes = "", body = ""] of xml.matchAll(
      /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
    )
  ) {
    total++;
    if (/<(failure|error)[\s>/]/.test(body)) failed++;
    else if (/<skipped[\s>/]/.test(body) || /\bstatus="skipped"/.test(attributes)) skipped++;
  }
  return { passed: total - failed - skipped, failed, skipped };
}
