/**
 * Whether requests to an address go through a proxy, by the environment's usual variables.
 *
 * @module
 */
import { isLoopback } from "./safety.ts";

/** Reads one variable of the environment; undefined where it is not set or may not be read. */
export type ReadVariable = (name: string) => string | undefined;

/** Variables that may be read without asking anybody; the others count as not set. */
export async function readableVariables(): Promise<ReadVariable> {
  const names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((
    name,
  ) => [name, name.toUpperCase()]);
  const granted = new Set<string>();
  for (const name of names) {
    if ((await Deno.permissions.query({ name: "env", variable: name })).state === "granted") {
      granted.add(name);
    }
  }
  return (name) => granted.has(name) ? Deno.env.get(name) : undefined;
}

/**
 * True when a proxy stands between: sockets of our own would go around it, so `fetch` has to send. This machine is never
 * behind one; `no_proxy` lists hosts and domains (`.example`, `example`, `*`).
 */
export function isBehindProxy(url: URL, read: ReadVariable): boolean {
  const either = (name: string) => read(name) ?? read(name.toUpperCase()) ?? "";
  if (isLoopback(url.hostname)) return false;
  const proxy = either(url.protocol === "https:" ? "https_proxy" : "http_proxy") || either("all_proxy");
  if (proxy === "") return false;
  const host = url.hostname.toLowerCase();
  return !either("no_proxy").toLowerCase().split(",").map((entry) => entry.trim().replace(/^\*?\./, "")).some(
    (entry) => entry === "*" || (entry !== "" && (host === entry || host.endsWith(`.${entry}`))),
  );
}
