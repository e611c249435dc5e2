import assert from "node:assert/strict";
import {
  formatBytes,
  formatCount,
  formatInstant,
  formatNumber,
  formatRate,
  formatRatio,
  formatSeconds,
  formatValue,
} from "../../src/base/format.ts";

function table(format: (value: number) => string, rows: readonly (readonly [number, string])[]): void {
  for (const [value, expected] of rows) assert.equal(format(value), expected, `of ${value}`);
}

Deno.test("formatNumber() keeps three digits and names what is no number", () => {
  table(formatNumber, [
    [NaN, "n/a"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [0, "0"],
    [-0, "0"],
    [1234.5, "1235"],
    [99.95, "100"],
    [0.012345, "0.0123"],
    [0.001, "0.001"],
    [1e-6, "1e-6"],
    [-2.5e-9, "-2.5e-9"],
    [1e21, "1e21"],
  ]);
});

Deno.test("formatSeconds() picks the unit after rounding", () => {
  table(formatSeconds, [
    [NaN, "n/a"],
    [0, "0 s"],
    [420e-9, "420 ns"],
    [12.34e-6, "12.3 µs"],
    [0.0999, "99.9 ms"],
    [0.9996, "1 s"],
    [0.99949, "999 ms"],
    [3.2, "3.2 s"],
    [119.4, "119 s"],
    [119.6, "2m00s"],
    [125, "2m05s"],
    [3600, "1h00m"],
    [7380, "2h03m"],
    [200000, "2d07h"],
    [-0.5, "-500 ms"],
    [1e7, "116 d"],
    [1e12, "11.6M d"],
  ]);
});

Deno.test("formatBytes() steps at 1000 so that three digits stay", () => {
  table(formatBytes, [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "0.977 KiB"],
    [1_000_000, "977 KiB"],
    [1.5 * 2 ** 30, "1.5 GiB"],
    [80 * 2 ** 30, "80 GiB"],
    [NaN, "n/a"],
  ]);
});

Deno.test("formatRatio() is per cent and never rounds something to nothing, or less than all to all", () => {
  table(formatRatio, [
    [0, "0%"],
    [1, "100%"],
    [0.1234, "12.3%"],
    [0.0712, "7.12%"],
    [0.9999, "99.99%"],
    [0.99949, "99.9%"],
    [0.9995, "99.95%"],
    [0.99996, "99.996%"],
    [1999 / 2000, "99.95%"],
    [0.99999, "99.999%"],
    [1 - 1e-8, ">99.9999%"],
    [0.1 + 0.2 + 0.7 - 1e-15, "100%"],
    [-(1 - 1e-12), "-100%"],
    [1.0002, "100%"],
    [0.00001, "<0.01%"],
    [-0.05, "-5%"],
    [NaN, "n/a"],
    [12, "1200%"],
    [3.5e9, "3.5e11%"],
  ]);
});

Deno.test("formatCount() and formatRate() take k, M, G and never overflow three digits", () => {
  table(formatCount, [[0, "0"], [987, "987"], [999.6, "1k"], [1234, "1.23k"], [4.5e6, "4.5M"], [1e9, "1G"], [
    2e12,
    "2T",
  ]]);
  assert.equal(formatRate(1234, "tok/s"), "1.23k tok/s");
  assert.equal(formatRate(0.05, "req/s"), "0.05 req/s");
  assert.equal(formatRate(NaN, "req/s"), "n/a");
});

Deno.test("formatValue() writes each unit as people know it", () => {
  const rows: readonly (readonly [number | undefined, Parameters<typeof formatValue>[1], string])[] = [
    [undefined, "ratio", "n/a"],
    [NaN, "bytes", "n/a"],
    [0.25, "ratio", "25%"],
    [0.0421, "seconds", "42.1 ms"],
    [1.98e9, "hertz", "1.98 GHz"],
    [312.4, "watts", "312 W"],
    [65, "celsius", "65 °C"],
    [12345, "tokens", "12.3 ktok"],
    [7, "requests", "7"],
    [1764000000.5, "unix_seconds", "2025-11-24T16:00:00Z"],
  ];
  for (const [value, unit, expected] of rows) assert.equal(formatValue(value, unit), expected);
});

Deno.test("formatInstant() equals the platform's calendar", () => {
  // The calendar of the JavaScript engine is the independent witness.
  for (let seconds = -5e9; seconds < 2e10; seconds += 86399 * 977) {
    assert.equal(formatInstant(seconds), new Date(seconds * 1000).toISOString().replace(".000Z", "Z"));
  }
  assert.equal(formatInstant(NaN), "n/a");
  assert.equal(formatInstant(1e15), "n/a");
});
