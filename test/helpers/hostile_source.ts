/**
 * A run in which every text that comes from elsewhere is whatever a test wants it to be: labels, help, names of models, GPUs,
 * engines, targets, versions, finish reasons, errors, notes, causes, answers.
 *
 * @module
 */
import { ScrapeReader } from "../../src/parser/scrape_reader.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { RequestRecord } from "../../src/series/types.ts";

const START = 1_795_551_600;
const TICKS = 90;

/** Text that means something on some surface: markup, formulas, terminal sequences, marks that reorder or hide. */
export const HOSTILE_TEXTS: readonly string[] = [
  "<script>alert(1)</script>",
  "\"'><img src=x onerror=alert(1)>",
  "</script></style></title></textarea><svg onload=alert(1)>",
  "]]>--><!--<![CDATA[",
  "[x](javascript:alert(1)) ![y](http://evil.test/y) <http://evil.test> http://evil.test www.evil.test",
  "|a|b\n|-|-|\n|c|d|",
  "# h\n\n***b*** `code` ~~s~~ $x$ $$y$$ > q\n- l\n1. n",
  '=HYPERLINK("http://evil.test","x")',
  "+1+1",
  "-1-1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  'quote " comma , semi ; newline \n end',
  "\u001b[31m\u001b]0;title\u0007\u001b]8;;http://evil.test\u0007link\u001b]8;;\u0007\u009b31m\u0008\u0000",
  "\u202egnp.exe\u202c\u2066x\u2069\u200b\u200d\ufeff\u2028\u2029",
  "\ud800 half \udc00",
  "`${alert(1)}` {{7*7}} %s %n",
  "../../etc/passwd\u0000.png",
  "\\",
];

/** A run whose texts are `text`. */
export function sourceOfText(text: string): MemorySource {
  const source = new MemorySource();
  const reader = new ScrapeReader();
  for (let tick = 0; tick < TICKS; tick++) {
    const timeSeconds = START + tick;
    const view = reader.read(new TextEncoder().encode(exposition(text, tick)), timeSeconds);
    const { ids, values, vanishedIds, defined } = view;
    source.append(text, timeSeconds, {
      ids: [...ids],
      values: [...values],
      vanishedIds,
      defined,
      events: [],
    });
    source.append("gpu", timeSeconds, {
      ids: [0],
      values: [0.5],
      defined: tick > 0 ? [] : [{
        id: 0,
        name: "lab_gpu_utilization_ratio",
        type: "gauge",
        help: text,
        labels: { target: "gpu", gpu: text, name: text },
      }],
      vanishedIds: [],
      events: [],
    });
  }
  source.addFacts({
    target: text,
    simulated: false,
    version: text,
    models: [text],
    engines: [text],
    address: text,
    details: { [text]: text },
  });
  source.addEvent({ kind: "note", timeSeconds: START + 20, text });
  source.addEvent({
    kind: "scrape_failed",
    timeSeconds: START + 30.5,
    target: text,
    cause: { code: "connection_failed", params: { detail: text } },
    durationSeconds: 1,
  });
  source.addEvent({ kind: "incident", timeSeconds: START + 40, target: text, name: text, state: "begin" });
  source.addEvent({ kind: "incident", timeSeconds: START + 50, target: text, name: text, state: "end" });
  for (let i = 0; i < 12; i++) source.addRequest(requestOf(text, i));
  return source;
}

function exposition(text: string, tick: number): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  const labels = `model_name="${escaped}",engine="${escaped}"`;
  const help = escaped.replaceAll("\r", " ");
  const histogram = (name: string, unit: number) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} histogram`,
    ...[1, 2, 5, Infinity].map((le) =>
      `${name}_bucket{${labels},le="${le === Infinity ? "+Inf" : le * unit}"} ${tick * (le === 1 ? 1 : 2)}`
    ),
    `${name}_count{${labels}} ${tick * 2}`,
    `${name}_sum{${labels}} ${tick * 3 * unit}`,
  ];
  return [
    `# HELP vllm:num_requests_running ${help}`,
    "# TYPE vllm:num_requests_running gauge",
    `vllm:num_requests_running{${labels}} ${3 + tick % 3}`,
    "# TYPE vllm:num_requests_waiting gauge",
    `vllm:num_requests_waiting{${labels}} ${tick > 50 ? 40 : 0}`,
    "# TYPE vllm:kv_cache_usage_perc gauge",
    `vllm:kv_cache_usage_perc{${labels}} 0.9`,
    "# TYPE vllm:generation_tokens_total counter",
    `vllm:generation_tokens_total{${labels}} ${tick * 100}`,
    "# TYPE vllm:request_success_total counter",
    `vllm:request_success_total{${labels},finished_reason="${escaped}"} ${tick * 2}`,
    "# TYPE other gauge",
    `other{text="${escaped}"} 1`,
    ...histogram("vllm:time_to_first_token_seconds", 0.1),
    ...histogram("vllm:inter_token_latency_seconds", 0.01),
    "",
  ].join("\n");
}

function requestOf(text: string, number: number): RequestRecord {
  const sentSeconds = START + 10 + number * 4;
  const failed = number % 4 === 3;
  return {
    id: `${text}${number}`,
    target: text,
    model: text,
    endpoint: "chat",
    phase: text,
    outcome: failed ? "error" : "ok",
    dueSeconds: sentSeconds,
    sentSeconds,
    chunkTimesSeconds: Float64Array.of(sentSeconds + 0.2, sentSeconds + 0.4),
    endSeconds: sentSeconds + 0.5,
    status: 200,
    finishReason: text,
    outputTokens: 2,
    outputTokensFrom: "chunks",
    text,
    engine: "fetch",
    trust: "good",
    ...(failed ? { error: text } : {}),
  };
}
