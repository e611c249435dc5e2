import assert from "node:assert/strict";
import { encodeLabels, encodeMetadata, encodeSamples } from "../../src/remote/write_request.ts";

const expected: { readonly samples: string; readonly metadata: string } = JSON.parse(
  Deno.readTextFileSync(new URL("../fixtures/remote/write_request.json", import.meta.url)),
);

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("encodeSamples() gives the bytes of Python's protobuf", () => {
  const running = encodeLabels("vllm:num_requests_running", {
    model_name: '模型 "x"\n',
    engine: "0",
    Zone: "a",
    empty: "",
  });
  const body = encodeSamples([
    {
      labels: running,
      timesMs: [1, 1795551870498, 1795551871498, 1795551872498],
      values: [9, 1.5, -0.1, Infinity],
      stale: [0, 0, 0, 0],
      from: 1,
      to: 4,
    },
    {
      labels: encodeLabels("x", { job: "l".repeat(200) }),
      timesMs: [127, 128],
      values: [0, 3],
      stale: [1, 0],
      from: 0,
      to: 2,
    },
  ]);
  assert.equal(hex(body), expected.samples);
});

Deno.test("encodeSamples() writes NaN with Prometheus' bits, which are not those of a stale marker", () => {
  const labels = encodeLabels("x", {});
  const body = hex(encodeSamples([{ labels, timesMs: [1], values: [NaN], stale: [0], from: 0, to: 1 }]));
  assert.ok(body.includes("010000000000f87f"), body);
});

Deno.test("encodeMetadata() gives the bytes of Python's protobuf", () => {
  const body = encodeMetadata([
    { name: "vllm:prompt_tokens_total", type: "counter", help: "Number of prefill tokens" },
    { name: "h", type: "histogram", help: "", unit: "seconds" },
  ]);
  assert.equal(hex(body), expected.metadata);
});
