import assert from "node:assert/strict";
import { isBehindProxy } from "../../../src/simulator/workload/proxy.ts";

Deno.test("isBehindProxy() follows the usual variables", () => {
  const f = (url: string, variables: Readonly<Record<string, string>>, expected: boolean) =>
    assert.equal(
      isBehindProxy(new URL(url), (name) => variables[name]),
      expected,
      `${url} ${JSON.stringify(variables)}`,
    );
  const http = { http_proxy: "http://proxy:3128" };
  f("http://gpu.example", {}, false);
  f("http://gpu.example", http, true);
  f("http://gpu.example", { HTTP_PROXY: "http://proxy:3128" }, true);
  f("https://gpu.example", http, false);
  f("https://gpu.example", { ALL_PROXY: "http://proxy:3128" }, true);
  f("http://127.0.0.1:8000", http, false);
  f("http://gpu.example", { ...http, no_proxy: "other, .example" }, false);
  f("http://gpu.example", { ...http, no_proxy: "gpu.example" }, false);
  f("http://gpu.example", { ...http, NO_PROXY: "*" }, false);
  f("http://notgpu.example", { ...http, no_proxy: "gpu.example" }, true);
  f("http://gpu.example", { ...http, no_proxy: "" }, true);
});
