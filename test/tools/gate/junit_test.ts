import assert from "node:assert/strict";
import { readJunit } from "../../../tools/gate/junit.ts";
import { withRunner } from "../../../tools/test.ts";

/** What `deno test --junit-path` (2.9.6) wrote for four tests: good, bad, ignored, and one with a bad step. */
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="6" failures="3" errors="0" time="0.010">
    <testsuite name="./j_test.ts" tests="6" disabled="1" errors="0" failures="3">
        <testcase name="ok &lt;failure&gt;" classname="./j_test.ts" time="0.000" line="1" col="6">
        </testcase>
        <testcase name="bad" classname="./j_test.ts" time="0.001" line="2" col="6">
            <failure message="Uncaught Error: &lt;x&gt;">Error: &lt;skipped/&gt;</failure>
        </testcase>
        <testcase name="ign" classname="./j_test.ts" time="0.000" line="3" col="11">
            <skipped/>
        </testcase>
        <testcase name="steps" classname="./j_test.ts" time="0.001" line="4" col="6">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="steps &gt; s1" classname="./j_test.ts" time="0.000" line="4" col="43">
        </testcase>
        <testcase name="steps &gt; s2" classname="./j_test.ts" time="0.000" line="4" col="73">
            <failure message="Uncaught Error: s">Error: s</failure>
        </testcase>
    </testsuite>
</testsuites>
`;

Deno.test("readJunit() counts cases by how they ended", () => {
  assert.deepEqual(readJunit(REPORT), { passed: 2, failed: 3, skipped: 1 });
});

Deno.test("readJunit() counts nothing in an empty report", () => {
  assert.deepEqual(readJunit('<testsuites name="deno test" tests="0"></testsuites>'), {
    passed: 0,
    failed: 0,
    skipped: 0,
  });
});

Deno.test("readJunit() refuses what is not a whole report", () => {
  for (const text of ["", "<html></html>", REPORT.slice(0, 300)]) {
    assert.throws(() => readJunit(text), SyntaxError);
  }
});

Deno.test("withRunner() adds the runner's own failure", () => {
  const good = { passed: 3, failed: 0, skipped: 0 };
  const bad = { passed: 3, failed: 2, skipped: 0 };
  assert.deepEqual(withRunner(good, 0), good);
  assert.deepEqual(withRunner(bad, 1), bad);
  assert.deepEqual(withRunner(good, 1), { ...good, failed: 1 }, "a file that does not load");
  assert.deepEqual(
    withRunner(undefined, 139),
    { passed: 0, failed: 1, skipped: 0 },
    "a crash without a report",
  );
  assert.equal(withRunner({ passed: 0, failed: 0, skipped: 0 }, 0).failed, 1, "no test at all");
});
