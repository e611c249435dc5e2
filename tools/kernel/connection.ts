/**
 * The connection file by which a client tells a kernel its ports and key.
 *
 * @module
 */

/** Ports and key of one kernel, and the file that holds them. */
export interface KernelConnection {
  readonly file: string;
  readonly key: string;
  readonly ports: Readonly<Record<"shell" | "iopub" | "stdin" | "control" | "hb", number>>;
}

/** Picks five free ports of this machine and writes the file (readable by this user only). */
export async function writeConnectionFile(): Promise<KernelConnection> {
  const ports = freePorts();
  const key = crypto.randomUUID();
  const content = {
    ip: "127.0.0.1",
    transport: "tcp",
    key,
    signature_scheme: "hmac-sha256",
    kernel_name: "deno",
    shell_port: ports.shell,
    iopub_port: ports.iopub,
    stdin_port: ports.stdin,
    control_port: ports.control,
    hb_port: ports.hb,
  };
  // Made with mode 0600: whoever reads the key can run code as this user.
  const file = await Deno.makeTempFile({ prefix: "kernel_", suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify(content));
  return { file, key, ports };
}

/** All five are held at once, so that they differ, then let go for the kernel to take. */
function freePorts(): KernelConnection["ports"] {
  const held: Deno.TcpListener[] = [];
  const free = () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    held.push(listener);
    return listener.addr.port;
  };
  const ports = { shell: free(), iopub: free(), stdin: free(), control: free(), hb: free() };
  for (const listener of held) listener.close();
  return ports;
}
