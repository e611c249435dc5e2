/**
 * Messages of the Jupyter protocol 5.3: their parts, signed, as they travel in a ZeroMQ message.
 *
 * Format: https://jupyter-client.readthedocs.io/en/stable/messaging.html
 *
 * @module
 */
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../../src/formats/json.ts";
import { concat } from "./frames.ts";

/** The sockets of a kernel that carry messages. */
export type Channel = "shell" | "iopub" | "control" | "stdin";

/** A message from the kernel. */
export interface KernelMessage {
  readonly channel: Channel;
  readonly type: string;
  /** Id of the request that it belongs to; "" when it names none. */
  readonly parentId: string;
  readonly content: JsonObject;
}

const DELIMITER = "<IDS|MSG>";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Signs and reads messages with a connection's key. */
export class MessageCodec {
  readonly #key: CryptoKey;
  readonly #session = crypto.randomUUID();

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** @param secret the `key` of the connection file */
  static async create(secret: string): Promise<MessageCodec> {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    return new MessageCodec(
      await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign", "verify"]),
    );
  }

  /** The parts of a request with a new id. */
  async encode(id: string, type: string, content: JsonObject): Promise<Uint8Array[]> {
    const header = {
      msg_id: id,
      session: this.#session,
      username: "lab",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => encoder.encode(JSON.stringify(part)));
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", this.#key, concat(parts)));
    return [encoder.encode(DELIMITER), encoder.encode(signature.toHex()), ...parts];
  }

  /**
   * Reads what came in.
   *
   * @throws TypeError when it is not a Jupyter message or its signature is wrong
   */
  async decode(channel: Channel, parts: readonly Uint8Array[]): Promise<KernelMessage> {
    const start = parts.findIndex((part) => decoder.decode(part) === DELIMITER);
    const signature = parts[start + 1];
    const signed = parts.slice(start + 2, start + 6);
    if (start < 0 || signature === undefined || signed.length < 4) {
      throw new TypeError(
        `Cannot read kernel message on ${channel}: it has ${parts.length} parts without the frame`,
      );
    }
    const valid = await crypto.subtle.verify(
      "HMAC",
      this.#key,
      Uint8Array.fromHex(decoder.decode(signature)),
      concat(signed),
    );
    if (!valid) throw new TypeError(`Cannot read kernel message on ${channel}: its signature is wrong`);
    const [header, parent, , content] = signed.map(parseObject);
    return {
      channel,
      type: stringAt(header ?? {}, "msg_type"),
      parentId: stringAt(parent ?? {}, "msg_id"),
      content: content ?? {},
    };
  }
}

function parseObject(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(decoder.decode(bytes));
  return isJsonObject(value) ? value : {};
}

/** Where a display's id travels, in messages that may be updated later; "" when it has none. */
export function displayIdOf(content: JsonObject): string {
  return stringAt(objectAt(content, "transient"), "display_id");
}
