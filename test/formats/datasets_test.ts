import assert from "node:assert/strict";
import { datasetLoad, readDataset } from "../../src/formats/datasets.ts";
import { lab, near, QUICK } from "../simulator/workload/lab.ts";

Deno.test("readDataset() reads ShareGPT's first questions", () => {
  const file = JSON.stringify([
    {
      id: "a",
      conversations: [{ from: "human", value: "One?" }, { from: "gpt", value: "Two." }, {
        from: "human",
        value: "Three?",
      }],
    },
    { id: "b", conversations: [{ from: "gpt", value: "Hi." }] },
    { id: "c", conversations: [{ from: "user", value: "Four?" }] },
  ]);
  assert.deepEqual(readDataset(file), {
    format: "sharegpt",
    rows: [{ text: "One?" }, { text: "Four?" }],
    skipped: 1,
  });
});

Deno.test("readDataset() reads JSON lines in their usual spellings", () => {
  const file = [
    '{"prompt":"a","output_tokens":5}',
    '{"text":"b","max_tokens":7}',
    '{"messages":[{"role":"system","content":"s"},{"role":"user","content":"c"}]}',
    '{"messages":[{"role":"user","content":[{"type":"text","text":"d"},{"type":"text","text":"e"}]}]}',
    '{"messages":[{"role":"user","content":[{"type":"text","text":"f"},{"type":"image_url","image_url":{"url":"x"}}]}]}',
    '{"prompt":""}',
    "not JSON",
    "",
  ].join("\n");
  assert.deepEqual(readDataset(file), {
    format: "json_lines",
    rows: [{ text: "a", outputTokens: 5 }, { text: "b", outputTokens: 7 }, { text: "c" }, { text: "d\ne" }],
    skipped: 3,
  });
});

Deno.test("readDataset() reads Mooncake's blocks and milliseconds, in the order of time", () => {
  const file = [
    '{"timestamp": 3000, "input_length": 900, "output_length": 20, "hash_ids": [0, 1]}',
    '{"timestamp": 0, "input_length": 512, "output_length": 0, "hash_ids": [0]}',
    '{"timestamp": 0, "output_length": 3}',
  ].join("\n");
  assert.deepEqual(readDataset(file), {
    format: "mooncake",
    rows: [
      { promptTokens: 512, blocks: [0], blockTokens: 512 },
      { promptTokens: 900, outputTokens: 20, blocks: [0, 1], blockTokens: 512 },
    ],
    timesSeconds: [0, 3],
    skipped: 1,
  });
});

Deno.test("readDataset() reads BurstGPT's and Azure's tables", () => {
  const burst =
    "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\r\n5,ChatGPT,472,18,490,Conversation log\r\n45,GPT-4,1087,0,1087,API log\r\nx,GPT-4,1,1,2,API log\r\n";
  assert.deepEqual(readDataset(burst), {
    format: "burstgpt",
    rows: [{ promptTokens: 472, outputTokens: 18 }, { promptTokens: 1087 }],
    timesSeconds: [5, 45],
    skipped: 1,
  });
  const quoted =
    '\uFEFF"Timestamp","Model","Request tokens","Response tokens","Total tokens","Log Type"\n5,"GPT ""4"", new",472,"18",490,"API log"\n';
  assert.deepEqual(readDataset(quoted), {
    format: "burstgpt",
    rows: [{ promptTokens: 472, outputTokens: 18 }],
    timesSeconds: [5],
    skipped: 0,
  });
  const azure =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-12-31 23:59:59.5000000,374,44\n2024-01-01 00:00:01.7500000,396,109\n";
  const { timesSeconds, ...rest } = readDataset(azure);
  assert.deepEqual(rest, {
    format: "azure",
    rows: [{ promptTokens: 374, outputTokens: 44 }, { promptTokens: 396, outputTokens: 109 }],
    skipped: 0,
  });
  assert.equal(timesSeconds![1]! - timesSeconds![0]!, 2.25);
});

Deno.test("readDataset() takes any other text as a prompt per line, and refuses what holds none", () => {
  assert.deepEqual(readDataset("one, two\n\nthree\n"), {
    format: "texts",
    rows: [{ text: "one, two" }, { text: "three" }],
    skipped: 0,
  });
  for (const text of ["", "\n\n", "[]", '[{"a":1}]', '{"prompt":""}']) {
    assert.throws(() => readDataset(text), /^SyntaxError: Cannot read data set: no row can be used/, text);
  }
});

Deno.test("datasetLoad() plays a trace at its own times, and texts at any", async () => {
  const trace = "Timestamp,Request tokens,Response tokens\n100,40,11\n100.5,60,11\n102,50,11\n";
  const { prompts, arrivals } = datasetLoad(readDataset(trace));
  const { workload, api } = lab(() => QUICK);
  const mode = { kind: "open", arrivals: arrivals! } as const;
  await workload.run({ name: "trace", phases: [{ name: "trace", mode, prompts }] });
  const first = api.log[0]!.receivedSeconds;
  api.log.forEach(({ receivedSeconds }, i) => near(receivedSeconds - first, [0, 0.5, 2][i]!));
  assert.deepEqual(api.log.map(({ body }) => body["max_tokens"]), [11, 11, 11]);
  assert.equal("arrivals" in datasetLoad(readDataset("a\nb")), false);
});
