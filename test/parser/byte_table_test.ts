import assert from "node:assert/strict";
import { byteSource, ByteTable, hashBytes } from "../../src/parser/byte_table.ts";
import { parseExposition } from "../../src/parser/parse.ts";
import { ScrapeReader } from "../../src/parser/scrape_reader.ts";

const encoder = new TextEncoder();

/** Texts whose hashes all fall on the same place of a table of up to 2^12 places: an attacker's choice. */
function colliding(count: number): string[] {
  const texts: string[] = [];
  for (let number = 0; texts.length < count; number++) {
    const source = byteSource(encoder.encode(`v${number}`));
    if ((hashBytes(source, 0, source.bytes.length) & 0xfff) === 0) texts.push(`v${number}`);
  }
  return texts;
}

Deno.test("ByteTable numbers distinct strings and finds them again after growing", () => {
  const table = new ByteTable();
  const texts = [
    "",
    "a",
    "ab",
    "abc",
    "abcd",
    "abcde",
    "é",
    ...Array.from({ length: 500 }, (_, each) => `text ${each}`),
  ];
  const sources = texts.map((text) => byteSource(encoder.encode(text)));
  for (const [index, source] of sources.entries()) {
    const end = source.bytes.length;
    const hash = hashBytes(source, 0, end);
    assert.equal(table.find(source, 0, end, hash), -1);
    assert.equal(table.add(source, 0, end, hash), index);
  }
  for (const [index, source] of sources.entries()) {
    const end = source.bytes.length;
    assert.equal(table.find(source, 0, end, hashBytes(source, 0, end)), index, texts[index]);
    assert.equal(table.lengthOf(index), end);
  }
  assert.equal(table.size, texts.length);
});

Deno.test("ByteTable gives up on a crowded place instead of searching on and on", () => {
  const table = new ByteTable({ strings: 2048, bytes: 0 });
  const added = colliding(100).map((text) => {
    const source = byteSource(encoder.encode(text));
    const end = source.bytes.length;
    return table.add(source, 0, end, hashBytes(source, 0, end));
  });
  assert.equal(added.filter((index) => index >= 0).length, 64);
  assert.equal(added.filter((index) => index < 0).length, 36);
});

Deno.test("parseExposition() and ScrapeReader read texts right whose hashes collide", () => {
  const values = colliding(200);
  const text = encoder.encode(values.map((value, at) => `a{l="${value}"} ${at}\n`).join(""));
  const [family] = parseExposition(text);
  assert.deepEqual(family?.samples.map(({ labels }) => labels.l), values);
  const reader = new ScrapeReader();
  const first = reader.read(text, 0);
  assert.deepEqual(first.defined.map(({ labels }) => labels.l), values);
  const again = reader.read(text, 1);
  assert.deepEqual([again.defined.length, again.vanishedIds.length, again.ids.length], [0, 0, 200]);
  assert.deepEqual([...again.values], values.map((_, at) => at));
});
