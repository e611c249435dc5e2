/**
 * The bytes of ZMTP 3.0, ZeroMQ's wire protocol, as far as a Jupyter client needs them: NULL security, no curve.
 *
 * Format: https://rfc.zeromq.org/spec/23/
 *
 * @module
 */
const encoder = new TextEncoder();

/** The kinds of socket that a Jupyter client opens. */
export type SocketType = "DEALER" | "SUB";

/** Length of the greeting that both sides send first. */
export const GREETING_BYTES = 64;

/** Bits of a frame's first byte. */
export const FLAG_MORE = 1;
/** The length takes eight bytes instead of one. */
export const FLAG_LONG = 2;
/** The frame is a command (READY, PING), not a part of a message. */
export const FLAG_COMMAND = 4;

/** Signature, version 3.0, mechanism NULL, as client. */
export function greeting(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.set(encoder.encode("NULL"), 12);
  return bytes;
}

/** The READY command that names our socket type. */
export function readyCommand(type: SocketType): Uint8Array<ArrayBuffer> {
  const name = encoder.encode("Socket-Type");
  const value = encoder.encode(type);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, value.length);
  return frame(
    concat([
      new Uint8Array([5]),
      encoder.encode("READY"),
      new Uint8Array([name.length]),
      name,
      length,
      value,
    ]),
    FLAG_COMMAND,
  );
}

/** The message by which a SUB socket asks for everything; without it nothing is published to it. */
export function subscribeToAll(): Uint8Array<ArrayBuffer> {
  return frame(new Uint8Array([1]), 0);
}

/** One frame: flags, length in one or eight bytes, data. */
export function frame(data: Uint8Array, flags: number): Uint8Array<ArrayBuffer> {
  const long = data.length > 255;
  const head = new Uint8Array(long ? 9 : 2);
  head[0] = flags | (long ? FLAG_LONG : 0);
  if (long) new DataView(head.buffer).setBigUint64(1, BigInt(data.length));
  else head[1] = data.length;
  return concat([head, data]);
}

/** The parts of a message as frames, all but the last marked "more follows". */
export function message(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(parts.map((part, index) => frame(part, index < parts.length - 1 ? FLAG_MORE : 0)));
}

/** All parts in one array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
