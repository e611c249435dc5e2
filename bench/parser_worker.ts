/**
 * Measures the parsers that run in this engine for bench/parser.ts; requests and answers are those of parser_go/main.go.
 * One process measures one parser, so that none pays for another's garbage. (Collecting garbage before each
 * measurement instead would shrink the heap that the measured parser has grown for itself.)
 *
 * @module
 */
import process from "node:process";
// @ts-types="../test/helpers/parse_prometheus_text_format.d.ts"
import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { parseExposition } from "../src/parser/parse.ts";
import { ScrapeReader } from "../src/parser/scrape_reader.ts";

type Parse = (text: Uint8Array) => number;

const decoder = new TextDecoder();

/** A reader per set of files, so that each is a target with a past. */
const readers = new Map<string, ScrapeReader>();

function parserOf(mode: string, target: string): Parse {
  switch (mode) {
    case "objects":
      return (text) => parseExposition(text).reduce((count, family) => count + family.samples.length, 0);
    case "repeated": {
      const reader = readers.get(target) ?? new ScrapeReader();
      readers.set(target, reader);
      return (text) => reader.read(text, 0).values.length;
    }
    case "first":
      return (text) => new ScrapeReader().read(text, 0).values.length;
    case "package":
      return (text) => parsePrometheusTextFormat(decoder.decode(text)).length;
    default:
      throw new RangeError(`Cannot measure "${mode}": no such mode`);
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const files = new Map<string, Uint8Array>();

function load(name: string): Uint8Array {
  const known = files.get(name);
  if (known !== undefined) return known;
  const text = Deno.readFileSync(name);
  files.set(name, text);
  return text;
}

function measure(request: string): string {
  const [mode = "", passes = "", ...names] = request.split(" ");
  const texts = names.map(load);
  const parse = parserOf(mode, names.join(" "));
  const start = cpuSeconds();
  let samples = 0;
  for (let pass = 0; pass < Number(passes); pass++) samples = parse(texts[pass % texts.length]!);
  return `${cpuSeconds() - start} ${samples}`;
}

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
let rest = "";
for await (const chunk of lines) {
  const requests = (rest + chunk).split("\n");
  rest = requests.pop() ?? "";
  for (const request of requests) Deno.stdout.writeSync(new TextEncoder().encode(`${measure(request)}\n`));
}
