/**
 * Bytes of a text: codes, decoding, quoting.
 *
 * @module
 */

/** `\t` */
export const TAB = 0x09;
/** `\n` */
export const NEWLINE = 0x0a;
/** `\r` */
export const CARRIAGE_RETURN = 0x0d;
/** A blank. */
export const SPACE = 0x20;
/** `"` */
export const QUOTE = 0x22;
/** `#` */
export const HASH = 0x23;
/** `,` */
export const COMMA = 0x2c;
/** `:` */
export const COLON = 0x3a;
/** `=` */
export const EQUALS = 0x3d;
/** `\` */
export const BACKSLASH = 0x5c;
/** `{` */
export const OPEN_BRACE = 0x7b;
/** `}` */
export const CLOSE_BRACE = 0x7d;

/** Bit of {@link BYTE_CLASS}: may begin a metric name. */
export const NAME_START = 1;
/** Bit of {@link BYTE_CLASS}: may go on in a metric name. */
export const NAME_PART = 2;
/** Bit of {@link BYTE_CLASS}: may begin a label name. */
export const LABEL_START = 4;
/** Bit of {@link BYTE_CLASS}: may go on in a label name. */
export const LABEL_PART = 8;
/** Bit of {@link BYTE_CLASS}: a blank or a tab. */
export const BLANK = 16;

/** For each byte, which places of an unquoted name it may take (`[a-zA-Z_:]`, digits after the first), or that it is a blank. */
export const BYTE_CLASS: Uint8Array = byteClasses();

function byteClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const letter = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f;
    if (letter) classes[byte] = NAME_START | NAME_PART | LABEL_START | LABEL_PART;
    else if (byte >= 0x30 && byte <= 0x39) classes[byte] = NAME_PART | LABEL_PART;
    else if (byte === 0x3a) classes[byte] = NAME_START | NAME_PART;
    else if (byte === SPACE || byte === TAB) classes[byte] = BLANK;
  }
  return classes;
}

// A byte order mark inside a label value is a character like any other.
const STRICT_DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT_DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** The characters of `bytes[start, end)` as a string of its own (it does not keep `bytes` alive); undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (start === end) return "";
  try {
    return STRICT_DECODER.decode(bytes.subarray(start, end));
  } catch {
    // The decoder has one way to fail, and what it says holds no more than that.
    return undefined;
  }
}

/** As {@link decodeUtf8}, with U+FFFD in place of what is not UTF-8. */
export function decodeLossy(bytes: Uint8Array, start: number, end: number): string {
  return LENIENT_DECODER.decode(bytes.subarray(start, end));
}

const LONGEST_QUOTE = 200;

/** A line for a message: control characters escaped, at most 200 characters. */
export function quoteLine(bytes: Uint8Array, start: number, end: number): string {
  // 4 bytes make one character at most; one more so that a cut can be seen.
  const text = decodeLossy(bytes, start, Math.min(end, start + LONGEST_QUOTE * 4 + 4));
  let quoted = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const shown = code < 0x20 || (code >= 0x7f && code < 0xa0)
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : character;
    if (quoted.length + shown.length > LONGEST_QUOTE - 1) return quoted + "…";
    quoted += shown;
  }
  return quoted;
}
