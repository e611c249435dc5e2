import assert from "node:assert/strict";
import type { Finding, FindingCode, Severity } from "../../src/analyzer/findings.ts";
import { recurrences } from "../../src/analyzer/recurrences.ts";
import type { Block } from "../../src/report/document.ts";
import { pageContext } from "../../src/report/page_context.ts";
import { renderReport } from "../../src/report/render.ts";
import { verdictBlocks } from "../../src/report/verdict_blocks.ts";
import { EMPTY_REPORT } from "../helpers/empty_report.ts";

const SPAN = { startSeconds: 1_795_551_000, endSeconds: 1_795_552_000 };

function finding(
  code: FindingCode,
  target: string,
  from: number,
  to: number,
  severity: Severity = "info",
): Finding {
  return {
    code,
    severity,
    confidence: "high",
    target,
    span: { startSeconds: SPAN.startSeconds + from, endSeconds: SPAN.startSeconds + to },
    evidence: [],
    falsifiedBy: [],
    advice: [],
    next: "longer_run",
    params: { windows: 7 },
    consequences: [],
  };
}

function verdict(findings: readonly Finding[], several = true): readonly Block[] {
  const context = pageContext(SPAN, "en");
  return verdictBlocks(recurrences(findings), { context, several, endSeconds: SPAN.endSeconds });
}

function textOf(blocks: readonly Block[]): string {
  return blocks.map((block) =>
    block.kind === "paragraph"
      ? block.text
      : block.kind === "list"
      ? [block.lead, ...block.items].join("\n")
      : ""
  ).join("\n");
}

Deno.test("the verdict over healthy servers names all of them", () => {
  const text = textOf(verdict(["a", "b", "c"].map((name) => finding("healthy", name, 0, 1000))));
  assert.match(text, /^Nothing is wrong on any of the 3 servers\.\n/);
  assert.match(text, /\na: Nothing .+\nb: Nothing .+\nc: Nothing /);
});

Deno.test("the verdict over healthy servers tells a doubt that all share once", () => {
  const doubted = (target: string, doubt: string) => {
    const one = finding("healthy", target, 0, 1000);
    return { ...one, params: { ...one.params, doubt } };
  };
  const text = textOf(verdict(["a", "b"].map((name) => doubted(name, "nothing_before"))));
  assert.equal(text.match(/Nothing is known of before this time/g)?.length, 1);
  assert.match(text, /^Nothing is wrong on any of the 2 servers\. Nothing is known of before/);
  const apart = textOf(verdict([doubted("a", "nothing_before"), doubted("b", "cache_full")]));
  assert.match(apart, /\na: .+Nothing is known of before.+\nb: .+The KV cache is full at its end/);
});

Deno.test("the verdict on one server of several that is in trouble tells what the others do", () => {
  const text = textOf(verdict([
    finding("server_restarted", "a", 100, 200, "critical"),
    finding("healthy", "b", 0, 1000),
    finding("idle", "c", 0, 1000),
  ]));
  assert.match(text, /^a: The server began again/);
  assert.match(text, /Of the other servers:\nb: Nothing is wrong .+\nc: The server did nothing/);
});

Deno.test("the verdict names beside a restart that is over what still holds when the data ends", () => {
  const still = finding("engine_slow", "a", 300, 1000, "warning");
  const over = finding("preemption_thrash", "a", 300, 500, "warning");
  const text = textOf(verdict([finding("server_restarted", "a", 100, 200, "critical"), over, still], false));
  assert.match(text, /Still so when the data ends:\n.+ \(since 20:15:00Z\)$/);
  assert.equal(text.split("\n").length, 4);
  // A scrape that failed just before the end is over, one that fails until then is not.
  const failing = (to: number) => finding("scrapes_failing", "a", 980, to, "warning");
  const grave = finding("server_restarted", "a", 100, 200, "critical");
  assert.doesNotMatch(textOf(verdict([grave, failing(990)], false)), /Still so/);
  assert.match(textOf(verdict([grave, failing(1000)], false)), /Still so/);
  const beside = textOf(verdict([finding("overload", "a", 100, 990, "critical"), over, still], false));
  assert.match(beside, /Beside it, until the data ends:\n.+ \(since 20:15:00Z\)$/);
});

Deno.test("a report says that its windows overlap, and of how many servers they are", () => {
  const facts = ["a", "b", "c"].map((target) => ({ target, simulated: false, kind: "vllm" }));
  const report = {
    ...EMPTY_REPORT,
    span: SPAN,
    diagnosis: {
      ...EMPTY_REPORT.diagnosis,
      span: SPAN,
      windows: 7,
      findings: [finding("healthy", "a", 0, 1)],
    },
  };
  const page = (more: object) => renderReport({ ...report, ...more }, { format: "text" });
  assert.match(page({}), /7 windows of 30 s were judged; one begins every 10 s, so they overlap\./);
  assert.match(
    page({ facts }),
    /7 windows of 30 s of 3 servers were judged; one begins every 10 s on each server,/,
  );
  const apart = { ...report.diagnosis, stepSeconds: 30 };
  assert.match(page({ diagnosis: apart }), /7 windows of 30 s were judged\.\n/);
});
