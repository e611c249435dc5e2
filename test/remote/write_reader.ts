/**
 * Bodies of remote write read back: a small reader of protobuf's wire format.
 *
 * @module
 */
import { snappyUncompress } from "./snappy_reader.ts";

/** A series of a request as it stands there. */
export interface ReadSeries {
  /** Label names in the order of the body. */
  readonly order: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly { readonly timeMs: number; readonly value: number; readonly bits: bigint }[];
}

interface Field {
  readonly number: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

/** The series of a compressed `WriteRequest`; metadata is left out. */
export function readWriteRequest(body: Uint8Array): ReadSeries[] {
  return fields(snappyUncompress(body)).filter(({ number }) => number === 1).map(({ bytes }) => {
    const parts = fields(bytes);
    const pairs = parts.filter(({ number }) => number === 1).map((label) => {
      const [name, value] = fields(label.bytes);
      return [textOf(name), textOf(value)] as const;
    });
    const samples = parts.filter(({ number }) => number === 2).map(({ bytes }) => {
      const [value, time] = fields(bytes);
      const view = new DataView(value!.bytes.buffer, value!.bytes.byteOffset, 8);
      return { timeMs: time!.value, value: view.getFloat64(0, true), bits: view.getBigUint64(0, true) };
    });
    return { order: pairs.map(([name]) => name), labels: Object.fromEntries(pairs), samples };
  });
}

function textOf(field: Field | undefined): string {
  return new TextDecoder().decode(field?.bytes);
}

function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    const value = wire === 0 ? varint() : 0;
    const size = wire === 1 ? 8 : wire === 2 ? varint() : 0;
    found.push({ number: tag >> 3, value, bytes: bytes.subarray(at, at + size) });
    at += size;
  }
  return found;
}
