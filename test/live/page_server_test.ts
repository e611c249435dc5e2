import assert from "node:assert/strict";
import { connect } from "node:net";
import { VirtualClock } from "../../src/collector/clock.ts";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import { servePage } from "../../src/live/page_server.ts";
import { CASES, HOSTILE_NAME, START } from "../helpers/chart_cases.ts";

function feedOf(name: string): LiveFeed {
  const source = CASES[name];
  assert.ok(source !== undefined);
  return new LiveFeed(source, { timeZone: "UTC" });
}

/** One raw request, since fetch would not send such a Host. */
function raw(port: number, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(head));
    socket.on("data", (bytes) => text += bytes.toString());
    socket.on("end", () => resolve(text));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

Deno.test("servePage() answers this machine only, with GET only, and forbids everything inline or from elsewhere", async () => {
  await using page = await servePage(feedOf("normal"), { clock: new VirtualClock(START) });
  const status = async (path: string, init?: RequestInit) => {
    const response = await fetch(new URL(path, page.url), init);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status("/"), 200);
  assert.equal(await status("/", { method: "HEAD" }), 200);
  assert.equal(await status("/", { method: "POST" }), 405);
  assert.equal(await status("/nothing"), 404);
  assert.equal(await status("/../deno.json"), 404);
  assert.equal(await status("/events", { headers: { origin: "http://evil.example" } }), 403);
  const first = async (host: string) =>
    (await raw(page.port, `GET / HTTP/1.1\r\n${host}connection: close\r\n\r\n`)).split("\r\n")[0];
  assert.match(await first(`host: evil.example:${page.port}\r\n`) ?? "", / 421 /);
  assert.match(await first("host: 127.0.0.1:1\r\n") ?? "", / 421 /);
  assert.match(await first(`host: localhost:${page.port}\r\n`) ?? "", / 200 /);
  assert.doesNotMatch(await first("") ?? "", / 200 /);
  const response = await fetch(page.url);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  const html = await response.text();
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\son\w+=|style=/);
});

Deno.test("servePage() serves every file that its page names", async () => {
  await using page = await servePage(feedOf("normal"), { clock: new VirtualClock(START) });
  const html = await (await fetch(page.url)).text();
  const names = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "").filter((name) =>
    !name.startsWith("data:")
  );
  assert.deepEqual(names, ["page.css", "uplot.js", "live.js"]);
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) continue;
    seen.add(name);
    const response = await fetch(new URL(name, page.url));
    assert.equal(response.status, 200, name);
    for (const match of (await response.text()).matchAll(/^import .* from "\.\/(.*)";$/gm)) {
      names.push(match[1] ?? "");
    }
  }
  assert.deepEqual([...seen].sort(), [
    "axes.js",
    "cards.js",
    "charts.js",
    "compare.js",
    "findings.js",
    "format.js",
    "history.js",
    "live.js",
    "overlays.js",
    "page.css",
    "places.js",
    "points.js",
    "uplot.js",
  ]);
});

Deno.test("a page's stream begins with everything, in one line without unseen characters", async () => {
  await using page = await servePage(feedOf("hostile"), { clock: new VirtualClock(START) });
  const response = await fetch(new URL("events", page.url));
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader !== undefined);
  let text = "";
  while (!/event: snapshot\ndata: .*\n\n/.test(text)) text += (await reader.read()).value ?? "";
  await reader.cancel();
  const data: unknown = JSON.parse(/data: (.*)\n/.exec(text)?.[1] ?? "");
  assert.ok(typeof data === "object" && data !== null && "panels" in data && Array.isArray(data.panels));
  assert.equal(data.panels.length, 10);
  assert.ok(HOSTILE_NAME.includes("\u202e") && !text.includes("\u202e"));
});

Deno.test("servePage() goes on when its feed fails once", async () => {
  const clock = new VirtualClock(START);
  const feed = feedOf("normal");
  const errors: unknown[] = [];
  let calls = 0;
  await using page = await servePage({
    files: () => feed.files(),
    snapshot: () => Promise.resolve({ event: "snapshot", data: "{}" }),
    news: () => {
      calls++;
      return calls === 2
        ? Promise.reject(new Error("once"))
        : Promise.resolve({ event: "points", data: String(calls) });
    },
  }, { clock, onError: (error) => errors.push(error) });
  const response = await fetch(new URL("events", page.url));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader !== undefined);
  let text = "";
  while (!text.includes("snapshot")) text += (await reader.read()).value ?? "";
  await clock.drive(() => clock.sleepUntil(START + 3.5));
  while (!text.includes("data: 3")) text += (await reader.read()).value ?? "";
  await reader.cancel();
  assert.equal(errors.length, 1);
});

Deno.test("servePage() feeds less often what takes long, but each three seconds at least", async () => {
  for (const [work, every] of [[0.001, 1], [0.0067, 2], [0.2, 3]] as const) {
    const clock = new VirtualClock(START);
    const times: number[] = [];
    await using page = await servePage({
      files: () => Promise.resolve(new Map()),
      snapshot: () => Promise.resolve({ event: "snapshot", data: "{}" }),
      async news() {
        times.push(clock.nowSeconds() - START);
        if (times.length > 1) await clock.sleepUntil(clock.nowSeconds() + work);
        return { event: "points", data: "{}" };
      },
    }, { clock });
    const response = await fetch(new URL("events", page.url));
    const reader = response.body!.getReader();
    await reader.read();
    while (page.readers === 0) await reader.read();
    await clock.drive(() => clock.sleepUntil(START + 11.5));
    await reader.cancel();
    const [, first, ...later] = times;
    assert.equal(first, 1);
    const expected = Array.from({ length: later.length }, (_, index) => 1 + every * (index + 1));
    assert.deepEqual(later, expected, `${work} s of work`);
    assert.ok(later.at(-1)! + every > 11.5);
  }
});

Deno.test("servePage() takes notes from its own page only, and only where they are wanted", async () => {
  const notes: string[] = [];
  await using page = await servePage(feedOf("normal"), {
    clock: new VirtualClock(START),
    onNote: (text) => notes.push(text),
  });
  const origin = page.url.slice(0, -1);
  const send = async (body: string, headers: Record<string, string>) => {
    const response = await fetch(new URL("note", page.url), { method: "POST", body, headers });
    await response.body?.cancel();
    return response.status;
  };
  const json = { "content-type": "application/json", origin };
  assert.equal(await send(JSON.stringify(" more\u202e users "), json), 204);
  assert.equal(await send(JSON.stringify("x".repeat(500)), json), 204);
  assert.equal(await send(JSON.stringify("x"), { ...json, origin: "http://evil.example" }), 403);
  assert.equal(await send(JSON.stringify("x"), { "content-type": "application/json" }), 403);
  assert.equal(await send(JSON.stringify("x"), { ...json, "content-type": "text/plain" }), 415);
  assert.equal(await send("x".repeat(5000), json), 413);
  assert.equal(await send("not json", json), 400);
  assert.equal(await send("[]", json), 400);
  assert.deepEqual(notes, ["more users", "x".repeat(200)]);
  await using reading = await servePage(feedOf("normal"), { clock: new VirtualClock(START) });
  const refused = await fetch(new URL("note", reading.url), { method: "POST", body: '"x"' });
  await refused.body?.cancel();
  assert.equal(refused.status, 405);
});

Deno.test("servePage() answers a comparison of two times, and refuses what names none", async () => {
  await using page = await servePage(feedOf("normal"), { clock: new VirtualClock(START) });
  const ask = (query: string) => fetch(new URL(`compare?${query}`, page.url));
  const whole = await ask(`a=${START},${START + 60}&b=${START + 60},${START + 120}`);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers.get("cache-control"), "no-store");
  const { groups } = await whole.json();
  assert.ok(groups.some(({ panel }: { panel: string }) => panel === "ttft"));
  const wrong = ["", "a=1,2", "a=1,2&b=3", "a=2,1&b=3,4", "a=x,y&b=3,4", "a=,2&b=3,4", "a=1,2,3&b=3,4"];
  for (const query of [...wrong, "a=-1,2&b=3,4", "a=1,1e99&b=3,4", "a=NaN,2&b=3,4"]) {
    const response = await ask(query);
    await response.body?.cancel();
    assert.equal(response.status, 400, query);
  }
  const elsewhere = await fetch(new URL("compare?a=1,2&b=3,4", page.url), {
    headers: { origin: "http://evil.example" },
  });
  await elsewhere.body?.cancel();
  assert.equal(elsewhere.status, 403);
});

Deno.test("servePage() takes 30 notes a minute, and ends beside clients that never finish what they send", async () => {
  const notes: string[] = [];
  let nowSeconds = START;
  const clock = {
    nowSeconds: () => nowSeconds,
    sleepUntil: (_: number, signal?: AbortSignal) =>
      new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  };
  const page = await servePage(feedOf("normal"), { clock, onNote: (text) => notes.push(text) });
  const origin = page.url.slice(0, -1);
  const send = async () => {
    const headers = { "content-type": "application/json", origin };
    const response = await fetch(new URL("note", page.url), { method: "POST", body: '"x"', headers });
    await response.body?.cancel();
    return response.status;
  };
  const statuses: number[] = [];
  for (let i = 0; i < 32; i++) statuses.push(await send());
  assert.deepEqual([...new Set(statuses.slice(0, 30)), ...statuses.slice(30)], [204, 429, 429]);
  nowSeconds += 60;
  assert.equal(await send(), 204);
  assert.equal(notes.length, 31);
  const host = `host: 127.0.0.1:${page.port}`;
  const slow = [
    raw(page.port, "GET / HTTP/1.1\r\nx: "),
    raw(
      page.port,
      `POST /note HTTP/1.1\r\n${host}\r\norigin: ${origin}\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n"`,
    ),
  ];
  assert.equal(await (await fetch(page.url)).text().then((text) => text.length > 0), true);
  await page.stop();
  await Promise.all(slow);
});

Deno.test("servePage() tells 64 pages at once and refuses more until one leaves", async () => {
  await using page = await servePage(feedOf("normal"), { clock: new VirtualClock(START) });
  const events = new URL("/events", page.url);
  const open = await Promise.all(Array.from({ length: 64 }, () => fetch(events)));
  assert.ok(open.every(({ status }) => status === 200));
  assert.equal(page.readers, 64);
  const refused = await fetch(events);
  await refused.body?.cancel();
  assert.equal(refused.status, 503);
  for (const { body } of open) await body?.cancel();
});
