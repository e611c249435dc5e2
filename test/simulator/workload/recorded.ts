/** Recorded streams of a real server, for tests. */

/** One read of the recording. */
export interface RecordedRead {
  readonly timeSeconds: number;
  readonly bytes: Uint8Array;
}

/** A recording: its reads, and how it ended. */
export interface Recording {
  readonly reads: readonly RecordedRead[];
  readonly closedByClient: boolean;
}

interface RecordedFile {
  readonly recv: readonly {
    readonly ms: number;
    readonly text?: string;
    readonly closed_by_client?: boolean;
  }[];
}

/** Reads a recording of `test/fixtures/wire`. */
export async function readRecording(name: string): Promise<Recording> {
  const file = new URL(`../../fixtures/wire/${name}.chunks.json`, import.meta.url);
  const recorded: RecordedFile = JSON.parse(await Deno.readTextFile(file));
  const encoder = new TextEncoder();
  return {
    reads: recorded.recv.flatMap(({ ms, text }) =>
      text === undefined ? [] : [{ timeSeconds: ms / 1000, bytes: encoder.encode(text) }]
    ),
    closedByClient: recorded.recv.some((read) => read.closed_by_client === true),
  };
}
