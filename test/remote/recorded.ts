/**
 * Answers of real servers, recorded: requests by their path and parameters.
 *
 * @module
 */
import assert from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";

interface Answer {
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

const FOLDER = new URL("../fixtures/remote/", import.meta.url);

/** A `fetch` that answers from a recording, and fails on what was not asked then. */
export function recordedFetch(name: string): typeof fetch {
  const text = new TextDecoder().decode(gunzipSync(Deno.readFileSync(new URL(`${name}.jsonl.gz`, FOLDER))));
  const answers = new Map<string, Answer>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const answer: Answer = JSON.parse(line);
    answers.set(answer.request, answer);
  }
  return (input) => {
    const answer = answers.get(requestOf(input));
    assert.ok(answer !== undefined, `nothing recorded for ${requestOf(input)}`);
    return Promise.resolve(new Response(answer.body, { status: answer.status }));
  };
}

/** A `fetch` that remembers every answer, and how to write them down. */
export function recordingFetch(): { readonly fetch: typeof fetch; write(name: string): void } {
  const answers = new Map<string, Answer>();
  return {
    async fetch(input, init) {
      const response = await fetch(input, init);
      const body = await response.text();
      answers.set(requestOf(input), { request: requestOf(input), status: response.status, body });
      return new Response(body, { status: response.status });
    },
    write(name) {
      const lines = [...answers.values()].map((answer) => JSON.stringify(answer) + "\n").sort();
      Deno.writeFileSync(new URL(`${name}.jsonl.gz`, FOLDER), gzipSync(lines.join(""), { level: 9 }));
    },
  };
}

function requestOf(input: string | URL | Request): string {
  const url = new URL(input instanceof Request ? input.url : input);
  return decodeURIComponent(url.pathname + url.search.replaceAll("+", " "));
}
