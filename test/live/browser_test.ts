import assert from "node:assert/strict";
import { formatDisplay } from "../../src/charts/units.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { interactiveDashboard } from "../../src/dashboard/interactive.ts";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import { servePage } from "../../src/live/page_server.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { QuantityName } from "../../src/catalog/types.ts";
import { chartsText } from "../../src/text/charts.ts";
import { type BrowserPage, findChromium, openBrowser } from "../helpers/browser.ts";
import { watchServers } from "../helpers/three_servers.ts";

const chromium = findChromium();
const why = chromium === undefined ? " (skipped: there is no Chromium)" : "";

/** Resolves when an expression is true in the page; looks once a frame. */
function untilTrue(page: BrowserPage, condition: string): Promise<unknown> {
  return page.evaluate(
    `new Promise((done) => { const look = () => ${condition} ? done(true) : requestAnimationFrame(look); look(); })`,
  );
}

/** What legends say: label to value, of the panel with this id. */
async function legend(page: BrowserPage, panel: string): Promise<Record<string, string>> {
  const rows = await page.evaluate(
    `[...document.querySelectorAll('[aria-labelledby="${panel}-title"] .u-legend tr:not(.edge)')]` +
      `.map((row) => [row.querySelector(".u-label").textContent, row.querySelector(".u-value").textContent])`,
  );
  return Object.fromEntries(rows as [string, string][]);
}

Deno.test({
  name: `the live page in Chromium shows the store's numbers, keeps its policy and fits 380 pixels${why}`,
  ignore: chromium === undefined,
  async fn() {
    const source = await openShippedData("vllm-0.32.0-cpu");
    const span = await source.span();
    assert.ok(span !== undefined && chromium !== undefined);
    const clock = new VirtualClock(span.endSeconds);
    await using served = await servePage(new LiveFeed(source, { timeZone: "UTC" }), { clock });
    await using page = await openBrowser(chromium);
    await page.send("Emulation.setDeviceMetricsOverride", {
      width: 1280,
      height: 900,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await page.send("Page.navigate", { url: served.url });
    await untilTrue(page, `document.querySelectorAll("canvas").length >= 6`);

    // Nothing is under a cursor: the newest values.
    const last = async (quantity: QuantityName) => {
      const [series] = await source.select({ quantity }, span);
      return series?.values.at(-1) ?? NaN;
    };
    const text = chartsText("en");
    const requests = await legend(page, "requests");
    assert.equal(requests["running"], formatDisplay(await last("running"), "requests", text));
    assert.equal(requests["waiting"], formatDisplay(await last("waiting"), "requests", text));
    const kv = await legend(page, "kv");
    assert.equal(kv["KV cache"], formatDisplay(await last("kv_cache_usage"), "ratio", text));

    // Arrow keys move one cursor over all panels.
    await page.evaluate(`document.querySelector('[aria-labelledby="requests-title"] > div').focus()`);
    const key = { key: "ArrowLeft", code: "ArrowLeft", windowsVirtualKeyCode: 37 };
    for (let k = 0; k < 60; k++) await page.send("Input.dispatchKeyEvent", { type: "keyDown", ...key });
    const moved = await legend(page, "requests");
    const { time } = moved;
    assert.ok(time !== undefined && time !== requests["time"]);
    const [series] = await source.select({ quantity: "running" }, span);
    assert.ok(series !== undefined);
    const at = (seconds: number) => new Date(seconds * 1000).toISOString().slice(11, 19);
    const candidates = [...series.timesSeconds].flatMap((seconds, index) =>
      at(seconds) === time ? [formatDisplay(series.values[index], "requests", text)] : []
    );
    assert.ok(candidates.includes(moved["running"] ?? ""), `${moved["running"]} at ${time}: ${candidates}`);

    // Every panel follows.
    assert.equal((await legend(page, "kv"))["time"], time);

    // With Shift by a twentieth of what is shown: twenty times are over all of it, and no further.
    const far = { key: "ArrowLeft", code: "ArrowLeft", windowsVirtualKeyCode: 37, modifiers: 8 };
    for (let k = 0; k < 21; k++) await page.send("Input.dispatchKeyEvent", { type: "keyDown", ...far });
    assert.equal((await legend(page, "requests"))["time"], at(series.timesSeconds[0] ?? NaN));
    for (let k = 0; k < 10; k++) {
      await page.send("Input.dispatchKeyEvent", {
        type: "keyDown",
        ...far,
        key: "ArrowRight",
        code: "ArrowRight",
      });
    }

    // Zoom by keys goes into the address, and the address gives it back.
    const press = (key: string) => page.send("Input.dispatchKeyEvent", { type: "keyDown", key, text: key });
    // The browser's own zoom is not the page's.
    await page.evaluate(`document.dispatchEvent(new KeyboardEvent("keydown", { key: "+", ctrlKey: true }))`);
    assert.equal(await page.evaluate(`document.getElementById("range").textContent + location.hash`), "");
    await press("+");
    await untilTrue(page, `location.hash.startsWith("#from=")`);
    const address = String(await page.evaluate(`location.href`));
    const shown = String(await page.evaluate(`document.getElementById("range").textContent`));
    assert.match(shown, /^\d\d:\d\d:\d\d–\d\d:\d\d:\d\d$/);
    await page.send("Page.navigate", { url: "about:blank" });
    await page.send("Page.navigate", { url: address });
    await untilTrue(page, `document.getElementById("range")?.textContent === "${shown}"`);
    await page.evaluate(`document.getElementById("whole").click()`);
    await untilTrue(page, `document.getElementById("range").textContent === "" && location.hash === ""`);
    await press("?");
    assert.equal(await page.evaluate(`document.querySelector("details.help").open`), true);

    // Two times beside each other, by keys alone; drawn anew they stay, and their end is one button.
    await press("+");
    await press("a");
    await page.evaluate(`document.getElementById("whole").click()`);
    // With the Caps Lock on, too.
    await press("B");
    await untilTrue(page, `document.querySelectorAll("#compare td").length > 20`);
    const compared = String(
      await page.evaluate(`document.querySelector("#compare").innerText.replaceAll("\\t", " ")`),
    );
    assert.match(compared, /\nmean [\d.]+ s [\d.]+ s [\d.]+% (higher|lower)\n/);
    assert.match(
      String(await page.evaluate(`document.getElementById("compare-status").textContent`)),
      /^A \d\d:\d\d:\d\d–\d\d:\d\d:\d\d · B /,
    );
    await page.evaluate(`document.getElementById("compare-end").click()`);
    assert.equal(await page.evaluate(`document.getElementById("compare").hidden`), true);
    assert.equal(await page.evaluate(`document.activeElement.id`), "compare-a");

    await page.send("Emulation.setDeviceMetricsOverride", {
      width: 380,
      height: 800,
      deviceScaleFactor: 1,
      mobile: true,
    });
    await untilTrue(page, `innerWidth === 380`);
    assert.equal(await page.evaluate(`document.documentElement.scrollWidth`), 380);
    assert.deepEqual(page.complaints, []);
  },
});

Deno.test({
  name: `the interactive page in Chromium draws no line through the gap of one of three servers${why}`,
  ignore: chromium === undefined,
  async fn() {
    assert.ok(chromium !== undefined);
    const { collector } = await watchServers({ seconds: 100, crashSeconds: 40 });
    const file = await Deno.makeTempFile({ suffix: ".html" });
    const { page: html } = await interactiveDashboard(collector, { timeZone: "UTC" });
    await Deno.writeTextFile(file, html);
    await using page = await openBrowser(chromium);
    await page.send("Page.navigate", { url: `file://${file}` });
    await untilTrue(page, `document.querySelectorAll("canvas").length >= 6`);
    assert.deepEqual(page.complaints, []);
    // Pixels of each server's colour in the middle of the gap (45 to 58 of 100 s), and behind it.
    const counts = await page.evaluate(`(() => {
      const canvas = document.querySelector('[aria-labelledby="kv-title"] canvas');
      const context = canvas.getContext("2d");
      const left = 62 * devicePixelRatio;
      const width = canvas.width - left - 20 * devicePixelRatio;
      const count = (from, to, color) => {
        const { data } = context.getImageData(left + width * from, 0, width * (to - from), canvas.height);
        const wanted = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
          if (wanted.every((value, k) => Math.abs(value - data[i + k]) < 40)) found++;
        }
        return found;
      };
      const style = getComputedStyle(document.documentElement);
      return [0, 1, 2].map((k) => {
        const color = style.getPropertyValue("--series-" + k).trim();
        return [count(0.45, 0.58, color), count(0.7, 0.9, color)];
      });
    })()`);
    const [first, second, third] = counts as [number, number][];
    assert.equal(second?.[0], 0, `pixels of the server that is down: ${JSON.stringify(counts)}`);
    for (const drawn of [first?.[0], third?.[0], first?.[1], second?.[1], third?.[1]]) {
      assert.ok((drawn ?? 0) > 20, JSON.stringify(counts));
    }
    const key = await page.evaluate(
      `document.querySelector('[aria-labelledby="kv-title"] .key').textContent`,
    );
    assert.equal(key, "2 of 3 answering");
    await Deno.remove(file);
  },
});

Deno.test({
  name: `the interactive output in Chromium is as high as its page, and a finding shows its time${why}`,
  ignore: chromium === undefined,
  async fn() {
    assert.ok(chromium !== undefined);
    const source = await openShippedData("vllm-0.32.0-cpu");
    const { html, page: alone } = await interactiveDashboard(source, { timeZone: "UTC" });
    const folder = await Deno.makeTempDir();
    const [notebook, file] = [`${folder}/notebook.html`, `${folder}/page.html`];
    await Deno.writeTextFile(notebook, `<!doctype html><meta charset="utf-8"><body>${html}`);
    await Deno.writeTextFile(file, alone);
    await using page = await openBrowser(chromium);
    for (const width of [1280, 868, 380]) {
      await page.send("Emulation.setDeviceMetricsOverride", {
        width,
        height: 800,
        deviceScaleFactor: 1,
        mobile: false,
      });
      await page.send("Page.navigate", { url: `file://${notebook}` });
      // As high as its content, which the frame alone knows: more than it had before it told.
      await untilTrue(page, `document.querySelector("iframe")?.clientHeight > 700`);
    }
    await page.send("Page.navigate", { url: `file://${file}` });
    await untilTrue(page, `document.querySelectorAll("canvas").length >= 6`);
    await page.evaluate(`document.querySelector("#findings button").click()`);
    await untilTrue(page, `document.getElementById("range").textContent !== ""`);
    const focus = `document.activeElement.getAttribute("aria-labelledby")`;
    assert.equal(await page.evaluate(focus), "requests-title");
    // The run is over: its highest values stand in the legend, its events in one key.
    await page.evaluate(`document.getElementById("whole").click()`);
    assert.match((await legend(page, "ttft"))["p95"] ?? "", /^max [\d.]+ s$/);
    await untilTrue(
      page,
      `document.getElementById("key").textContent.startsWith("1) 2 users · 2) 20 users")`,
    );
    assert.equal(await page.evaluate(`document.querySelectorAll("main .key > span").length`), 0);
    assert.deepEqual(page.complaints, []);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: `an interactive output follows the notebook's theme, not the system's${why}`,
  ignore: chromium === undefined,
  async fn() {
    assert.ok(chromium !== undefined);
    const source = await openShippedData("vllm-0.32.0-cpu");
    const { html } = await interactiveDashboard(source, { timeZone: "UTC" });
    const folder = await Deno.makeTempDir();
    // Without the sandbox a test can look into the frame; the frame itself learns no more from that.
    const open = html.replace(' sandbox="allow-scripts"', "");
    assert.notEqual(open, html);
    await Deno.writeTextFile(`${folder}/notebook.html`, `<!doctype html><meta charset="utf-8"><body>${open}`);
    await using page = await openBrowser(chromium);
    await page.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: "light" }],
    });
    await page.send("Page.navigate", { url: `file://${folder}/notebook.html` });
    const frame = `document.querySelector("iframe").contentDocument.documentElement`;
    await untilTrue(page, `document.querySelector("iframe")?.clientHeight > 700`);
    const looks = (theme: string, background: string) =>
      untilTrue(
        page,
        `${frame}.dataset.theme === ${theme} && ${frame}.ownerDocument.defaultView` +
          `.getComputedStyle(${frame}.querySelector("body")).backgroundColor === "${background}"`,
      );
    const [dark, light] = ["rgb(13, 17, 23)", "rgb(255, 255, 255)"];
    await looks("undefined", light);
    await page.evaluate(`document.body.dataset.jpThemeLight = "false"`);
    await looks(`"dark"`, dark);
    await page.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: "dark" }],
    });
    await page.evaluate(`document.body.dataset.jpThemeLight = "true"`);
    await looks(`"light"`, light);
    // Lines are drawn in the theme's colours too.
    const swatch = `${frame}.querySelector('[aria-labelledby="kv-title"] tr:nth-child(2) .u-marker')`;
    await untilTrue(
      page,
      `${swatch}?.style.borderTopColor === "rgb(0, 114, 178)" || ` +
        `${swatch}?.style.border.includes("rgb(0, 114, 178)")`,
    );
    await page.evaluate(
      `delete document.body.dataset.jpThemeLight; document.body.className = "vscode-light"`,
    );
    await looks(`"light"`, light);
    await page.evaluate(`document.body.dataset.vscodeThemeKind = "vscode-high-contrast"`);
    await looks(`"dark"`, dark);
    await page.evaluate(
      `delete document.body.dataset.vscodeThemeKind; document.body.className = ""`,
    );
    await looks("undefined", dark);
    assert.deepEqual(page.complaints, []);
    await Deno.remove(folder, { recursive: true });
  },
});

/** Two servers that are read at other times, twice a second; their numbers change with each reading. */
function restlessServers(seconds: number): MemorySource {
  const source = new MemorySource();
  const start = 1795492800;
  let state = 1;
  const next = (below: number) => Math.floor((state = (state * 48271) % 2147483647) / 2147483647 * below);
  const names = ["num_requests_running", "num_requests_waiting", "kv_cache_usage_perc"];
  for (let k = 0; k < 2 * seconds; k++) {
    for (const target of ["one", "two"]) {
      source.append(target, start + k / 2 + (target === "one" ? 0 : 0.3), {
        ids: [0, 1, 2],
        values: [next(60), next(60), next(1000) / 1000],
        defined: k > 0 ? [] : names.map((name, id) => ({
          id,
          name: `vllm:${name}`,
          labels: { engine: "0" },
          type: "gauge",
          unit: id === 2 ? "ratio" : "requests",
        })),
        vanishedIds: [],
        events: [],
        ...(k === 0 ? { facts: { target, kind: "vllm", simulated: true, intervalSeconds: 0.5 } } : {}),
      });
    }
  }
  return source;
}

Deno.test({
  name:
    `the live page in Chromium tells each value under the cursor with the time that the store has it at${why}`,
  ignore: chromium === undefined,
  async fn() {
    const source = restlessServers(1500);
    const span = await source.span();
    assert.ok(span !== undefined && chromium !== undefined);
    const text = chartsText("en");
    const at = (seconds: number) => new Date(seconds * 1000).toISOString().slice(11, 19);
    for (const target of ["one", undefined]) {
      const matchers = target === undefined
        ? []
        : [{ label: "target", operator: "=", value: target } as const];
      const options = { timeZone: "UTC", ...(target === undefined ? {} : { target }) };
      /** What the store has in each second, as it would be shown, by the line's name. */
      const held = new Map<string, Set<string>>();
      for (const quantity of ["running", "waiting", "kv_cache_usage"] as const) {
        const unit = quantity === "kv_cache_usage" ? "ratio" : "requests";
        for (const each of await source.select({ quantity, matchers }, span)) {
          const name = quantity !== "kv_cache_usage"
            ? quantity
            : target === undefined
            ? each.labels["target"] ?? ""
            : "KV cache";
          each.timesSeconds.forEach((seconds, index) => {
            const key = `${name} ${at(Math.round(seconds * 1000) / 1000)}`;
            const values = held.get(key) ?? new Set();
            held.set(key, values.add(formatDisplay(each.values[index], unit, text)));
          });
        }
      }
      const clock = new VirtualClock(span.endSeconds);
      await using served = await servePage(new LiveFeed(source, options), { clock });
      await using page = await openBrowser(chromium);
      await page.send("Page.navigate", { url: served.url });
      await untilTrue(page, `document.querySelectorAll("canvas").length >= 2`);
      let checks = 0;
      for (const panel of target === undefined ? ["kv"] : ["requests", "kv"]) {
        await page.evaluate(`document.querySelector('[aria-labelledby="${panel}-title"] > div').focus()`);
        const key = { key: "ArrowLeft", code: "ArrowLeft", windowsVirtualKeyCode: 37 };
        for (let k = 0; k < 40; k++) {
          // By a twentieth of what is shown and by single points, in turns.
          await page.send("Input.dispatchKeyEvent", {
            type: "keyDown",
            ...key,
            modifiers: k % 4 === 0 ? 8 : 0,
          });
          const { time = "", ...values } = await legend(page, panel);
          for (const [name, shown] of Object.entries(values)) {
            const [value = "", own = time] = shown.split(" · ");
            // Of several servers a line begins with its server's name.
            const line = target === undefined ? name.split(" ")[0] : name;
            const known = [...held.get(`${line} ${own}`) ?? []];
            assert.ok(known.includes(value), `${panel} ${name} ${shown} at ${time}: ${known}`);
            if (target !== undefined) assert.equal(own, time, "read together, so of one time");
            checks++;
          }
        }
      }
      assert.ok(checks >= 80, `${checks} checks`);
      assert.deepEqual(page.complaints, []);
    }
  },
});
