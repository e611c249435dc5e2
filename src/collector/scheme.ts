/**
 * `http://` to a server that speaks TLS, and `https://` to one that does not: neither is told by the failure itself, which
 * is only a connection that ends, so the port is asked once more in the other way.
 *
 * @module
 */
import type { Cause, CauseCode } from "../base/cause.ts";

/** How long the other way may take to answer: as long as a handshake to the other end of the world. */
const PROBE_MS = 1000;

/** What a TLS server's failing looks like to who speaks plainly, and what a plain one's to who speaks TLS. */
const DOUBTFUL: Readonly<Record<string, ReadonlySet<CauseCode>>> = {
  "http:": new Set(["answer_cut_short", "not_http"]),
  "https:": new Set(["tls_failed", "answer_cut_short", "bad_compression", "connection_failed"]),
};

/**
 * The cause, or what lies behind it: `tls_wanted` where the port speaks TLS, `no_tls` where it speaks plain HTTP. For a
 * failure that does not look so nobody is asked. Never rejects.
 */
export async function causeByScheme(url: string, cause: Cause): Promise<Cause> {
  const { protocol, hostname, port } = new URL(url);
  if (DOUBTFUL[protocol]?.has(cause.code) !== true) return cause;
  const isHttps = protocol === "https:";
  const address = {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (isHttps ? 443 : 80) : Number(port),
  };
  const isOther = await (isHttps ? speaksPlainHttp(address) : speaksTls(address));
  if (!isOther) return cause;
  const { detail: _detail, ...params } = cause.params ?? {};
  return { code: isHttps ? "no_tls" : "tls_wanted", params };
}

/** Whether an error's page says that this port is for https: nginx, Apache, Go and Caddy answer so with status 400. */
export function saysHttpsWanted(status: number, text: string): boolean {
  return status === 400 && /\bHTTPS (port|server)\b|SSL-enabled server port/i.test(text.slice(0, 4096));
}

interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** By the first two bytes of its answer: a handshake's record or an alert's, and TLS's major version. */
function speaksTls(address: Address): Promise<boolean> {
  return answers(
    address,
    CLIENT_HELLO,
    ([type = 0, major = 0]) => (type === 22 || type === 21) && major === 3,
  );
}

function speaksPlainHttp(address: Address): Promise<boolean> {
  const request = `GET / HTTP/1.1\r\nhost: ${address.hostname}\r\nconnection: close\r\n\r\n`;
  return answers(
    address,
    new TextEncoder().encode(request),
    (first) => new TextDecoder().decode(first).startsWith("HTTP/"),
  );
}

/**
 * How TLS begins (RFC 5246, 7.4.1.2). Whoever speaks it answers with a hello or with an alert. Closing a `Deno.TlsConn` in
 * the middle of its handshake leaves the connection open, so it is written here. Its random bytes hold an empty line: to a
 * server of HTTP this is a whole request, a bad one, for whose end it does not wait.
 */
const CLIENT_HELLO = (() => {
  const sized = (bytes: readonly number[], width: number) => [
    ...Array.from({ length: width }, (_, i) => (bytes.length >> (8 * (width - 1 - i))) & 255),
    ...bytes,
  ];
  const extension = (kind: number, list: readonly number[]) => [0, kind, ...sized(sized(list, 2), 2)];
  const random = [...Array.from({ length: 28 }, (_, i) => 7 * i + 1), 13, 10, 13, 10];
  const ciphers = [0xc0, 0x2f, 0xc0, 0x30, 0xc0, 0x2b, 0xc0, 0x2c, 0x00, 0x9c, 0x00, 0x2f];
  const extensions = [
    ...extension(10, [0, 29, 0, 23, 0, 24]), // groups
    ...extension(13, [4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 2, 1]), // signatures
  ];
  const hello = [3, 3, ...random, 0, ...sized(ciphers, 2), 1, 0, ...sized(extensions, 2)];
  return new Uint8Array([22, 3, 1, ...sized([1, ...sized(hello, 3)], 2)]);
})();

/** Writes, and judges the first bytes that come back; false where none come in time. */
async function answers(
  address: Address,
  request: Uint8Array,
  judge: (first: Uint8Array) => boolean,
): Promise<boolean> {
  const over = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => over.resolve(false), PROBE_MS);
  const dialled = Deno.connect(address);
  const asked = dialled.then(async (conn) => {
    await conn.write(request);
    const first = new Uint8Array(16);
    const count = await conn.read(first) ?? 0;
    return judge(first.subarray(0, count));
  });
  try {
    return await Promise.race([asked, over.promise]);
  } catch {
    return false; // No answer this way either.
  } finally {
    clearTimeout(timer);
    dialled.then((conn) => conn.close(), () => undefined);
    asked.catch(() => undefined);
  }
}
