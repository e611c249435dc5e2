/**
 * Damaged texts, and what must hold of any text that the parser is given.
 *
 * @module
 */
import assert from "node:assert/strict";
import { integerBetween, type Random } from "../../src/base/random.ts";
import { parseExposition } from "../../src/parser/parse.ts";
import { ScrapeReader } from "../../src/parser/scrape_reader.ts";
import type { Labels, MetricFamily, ParseError, Sample } from "../../src/parser/types.ts";
import { writeExposition } from "../../src/parser/write.ts";

/** Bytes that mean something to the parser, and some that should not be there. */
const TELLING = new TextEncoder().encode('{}",=\\\n\r\t #0123456789.eE+-_:aznNI\0\x7f');

/** A copy with one to a few bytes changed, dropped, doubled, moved or cut. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let mutated = new Uint8Array(bytes);
  for (let rounds = integerBetween(random, 1, 4); rounds > 0; rounds--) mutated = mutateOnce(mutated, random);
  return mutated;
}

function mutateOnce(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  if (length === 0) return new Uint8Array(TELLING);
  const at = integerBetween(random, 0, length - 1);
  const size = integerBetween(random, 1, Math.min(40, length - at));
  switch (integerBetween(random, 0, 6)) {
    case 0:
      bytes[at] = integerBetween(random, 0, 255);
      return bytes;
    case 1:
      bytes[at] = TELLING[integerBetween(random, 0, TELLING.length - 1)]!;
      return bytes;
    case 2: // dropped
      return joined(bytes.subarray(0, at), bytes.subarray(at + size));
    case 3: // doubled
      return joined(bytes.subarray(0, at + size), bytes.subarray(at));
    case 4: // put in
      return joined(
        bytes.subarray(0, at),
        TELLING.subarray(0, integerBetween(random, 1, 3)),
        bytes.subarray(at),
      );
    case 5: // put elsewhere
      bytes.copyWithin(integerBetween(random, 0, length - size), at, at + size);
      return bytes;
    default: // cut off
      return bytes.slice(0, at);
  }
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const CONTENT_TYPES = { prometheus: "text/plain", openmetrics: "application/openmetrics-text" } as const;

/**
 * What must hold of every text: tolerant reading never throws and loses no line in silence; strict reading throws nothing
 * but a SyntaxError with a line number, and agrees with tolerant reading where it accepts; a ScrapeReader, be it new or
 * with a past, sees the same; and what was read can be written and read again.
 */
export function checkText(
  bytes: Uint8Array,
  format: "prometheus" | "openmetrics",
  reader: ScrapeReader,
): void {
  const faults: ParseError[] = [];
  const families = parseExposition(bytes, { format, onError: (fault) => faults.push(fault) });
  const samples = families.flatMap((family) => family.samples);
  checkStrict(bytes, format, families, faults);
  const expected = scraped(samples);
  for (const each of [reader, new ScrapeReader()]) {
    const first = each.read(bytes, 0, CONTENT_TYPES[format]);
    assert.equal(first.ids.length, expected.length);
    assert.deepEqual(sortedTexts([...first.values]), sortedTexts(expected.map((sample) => sample.value)));
  }
  checkDefinitions(bytes, format, expected);
  const again = parseExposition(writeExposition(families, { format }), { format, onError: failOn });
  assert.deepEqual(keys(again.flatMap((family) => family.samples)), keys(samples));
}

function sortedTexts(values: readonly number[]): string[] {
  return values.map((value) => Object.is(value, -0) ? "-0" : String(value)).sort();
}

function failOn({ line, reason, text }: ParseError): void {
  assert.fail(`written text has a fault in line ${line}: ${reason}: ${text}`);
}

function checkStrict(
  bytes: Uint8Array,
  format: "prometheus" | "openmetrics",
  families: readonly MetricFamily[],
  faults: readonly ParseError[],
): void {
  try {
    const strict = parseExposition(bytes, { format, strict: true });
    // A carriage return at the end of a HELP is text to the letter of OpenMetrics, and a line end to a tolerant reader.
    const trimmed = strict.map((family) => ({ ...family, help: family.help.replace(/\r$/, "") }));
    assert.deepEqual(trimmed, families);
    assert.deepEqual(faults, []);
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.ok(error instanceof SyntaxError, String(error));
    assert.match(error.message, /^Cannot parse exposition: line \d+: /);
  }
}

/** What a scrape keeps of samples: no native histograms, and a series once unless it states times. */
function scraped(samples: readonly Sample[]): readonly Sample[] {
  const seen = new Set<string>();
  return samples.filter((sample) => {
    if (sample.native !== undefined) return false;
    const key = seriesKey(sample.name, sample.labels);
    if (seen.has(key) && sample.timestampSeconds === undefined) return false;
    seen.add(key);
    return true;
  });
}

/** A reader's first scrape defines exactly the series of the text. */
function checkDefinitions(
  bytes: Uint8Array,
  format: "prometheus" | "openmetrics",
  samples: readonly Sample[],
): void {
  const { defined } = new ScrapeReader().read(bytes, 0, CONTENT_TYPES[format]);
  const wanted = new Set(samples.map(({ name, labels }) => seriesKey(name, labels)));
  assert.deepEqual(defined.map(({ name, labels }) => seriesKey(name, labels)).sort(), [...wanted].sort());
}

function keys(samples: readonly Sample[]): string[] {
  return samples.map(({ name, labels, value }) => `${seriesKey(name, labels)} ${value}`).sort();
}

function seriesKey(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify([name, pairs]);
}
