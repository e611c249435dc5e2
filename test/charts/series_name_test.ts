import assert from "node:assert/strict";
import { tellingLabels } from "../../src/charts/series_name.ts";
import { chartsText } from "../../src/text/charts.ts";

Deno.test("tellingLabels() says what differs, a GPU by its number, and nothing of a series alone", () => {
  const gpu = (index: string) => ({ gpu: index, uuid: `GPU-${index}000`, name: "NVIDIA L4" });
  const engine = (name: string) => ({ engine: name, model_name: "m" });
  const cases = [
    { all: [engine("0")], words: [[]] },
    { all: [engine("0"), engine("1")], words: [["engine 0"], ["engine 1"]] },
    { all: [gpu("0")], words: [[]] },
    { all: [gpu("0"), gpu("1")], words: [["GPU 0"], ["GPU 1"]] },
    { all: [{ ...engine("0"), target: "a" }, { ...engine("0"), target: "b" }], words: [["a"], ["b"]] },
    { all: [{}, { model_name: "m" }], words: [[], ["m"]] },
  ];
  for (const { all, words } of cases) {
    assert.deepEqual(all.map((labels) => tellingLabels(labels, all, chartsText("en"))), words);
  }
});
