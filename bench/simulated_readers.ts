/**
 * Opens many streams to a server and reads them as cheaply as can be: `PORT STREAMS`.
 *
 * @module
 */
const [port, streams] = Deno.args.map(Number);
const body = JSON.stringify({ prompt: "hello", max_tokens: 20_000, ignore_eos: true, stream: true });
const request = new TextEncoder().encode(
  `POST /v1/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
);

await Promise.all(Array.from({ length: streams! }, async () => {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: port! });
  await connection.write(request);
  const buffer = new Uint8Array(65_536);
  while (await connection.read(buffer) !== null);
}));
