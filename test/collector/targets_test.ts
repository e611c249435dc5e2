import assert from "node:assert/strict";
import { resolveTargets } from "../../src/collector/targets.ts";

Deno.test("resolveTargets() finds both addresses whatever form one is given in", () => {
  const rows: readonly [string, string, string, string][] = [
    ["http://127.0.0.1:8000", "http://127.0.0.1:8000", "http://127.0.0.1:8000/metrics", "127.0.0.1:8000"],
    ["http://127.0.0.1:8000/", "http://127.0.0.1:8000", "http://127.0.0.1:8000/metrics", "127.0.0.1:8000"],
    ["127.0.0.1:8000", "http://127.0.0.1:8000", "http://127.0.0.1:8000/metrics", "127.0.0.1:8000"],
    ["http://a:1/v1", "http://a:1", "http://a:1/metrics", "a:1"],
    ["http://a:1/v1/", "http://a:1", "http://a:1/metrics", "a:1"],
    ["http://a:1/metrics", "http://a:1", "http://a:1/metrics", "a:1"],
    ["http://a:1/metrics/", "http://a:1", "http://a:1/metrics/", "a:1"],
    ["https://a/models/x", "https://a/models/x", "https://a/models/x/metrics", "a"],
  ];
  for (const [given, apiUrl, metricsUrl, id] of rows) {
    const [target] = resolveTargets([given]);
    assert.deepEqual({ apiUrl: target!.apiUrl, metricsUrl: target!.metricsUrl, id: target!.id }, {
      apiUrl,
      metricsUrl,
      id,
    }, given);
  }
});

Deno.test("resolveTargets() turns credentials into a header and shows them nowhere", () => {
  const [target] = resolveTargets(["http://us%40er:p%C3%A4ss@host:8000/metrics?token=secret#x"]);
  // printf 'us@er:päss' | base64
  assert.equal(target!.headers.authorization, "Basic dXNAZXI6cMOkc3M=");
  assert.equal(target!.metricsUrl, "http://host:8000/metrics?token=secret");
  assert.equal(target!.address, "http://host:8000/metrics");
});

Deno.test("resolveTargets() names targets apart", () => {
  const ids = (targets: Parameters<typeof resolveTargets>[0]) => resolveTargets(targets).map(({ id }) => id);
  assert.deepEqual(ids(["http://a:1", "http://b:1"]), ["a:1", "b:1"]);
  assert.deepEqual(ids(["http://a:1", "http://a:1/x", "http://a:1/x"]), ["a:1", "a:1/x", "a:1/x#2"]);
  assert.deepEqual(ids([{ id: "a:1", url: "http://z:1" }, "http://a:1"]), ["a:1", "a:1#2"]);
  assert.deepEqual(ids([{ url: "http://a:1", metricsUrl: "http://m:2/x" }]), ["m:2"]);
});

Deno.test("resolveTargets() refuses what is not an address", () => {
  for (const bad of ["", "ftp://a/metrics", "http://", "no address at all", "file:///etc/passwd"]) {
    assert.throws(() => resolveTargets([bad]), TypeError, bad);
  }
  assert.throws(() => resolveTargets([{}]), TypeError);
  assert.throws(
    () => resolveTargets([{ id: "x", url: "http://a" }, { id: "x", url: "http://b" }]),
    RangeError,
  );
});

Deno.test("resolveTargets() repeats no password of an address that cannot be", () => {
  for (
    const url of [
      "http://user:hunter2@host:99999",
      "ftp://user:hunter2@host",
      "user:p@hunter2@:x",
      "http://u:hunter2%zz@h",
    ]
  ) {
    assert.throws(
      () => resolveTargets([url]),
      (error) =>
        error instanceof TypeError && /^Cannot /.test(error.message) && !error.message.includes("hunter2"),
      url,
    );
  }
});
