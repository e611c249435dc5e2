import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { MessageCodec } from "../../../tools/kernel/messages.ts";

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

Deno.test("MessageCodec signs header, parent, metadata and content with HMAC-SHA256", async () => {
  const codec = await MessageCodec.create("secret");
  const [delimiter, signature, ...parts] = await codec.encode("id-1", "kernel_info_request", { a: 1 });
  assert.equal(text(delimiter), "<IDS|MSG>");
  const hmac = createHmac("sha256", "secret");
  for (const part of parts) hmac.update(part);
  assert.equal(text(signature), hmac.digest("hex"));
  assert.equal(JSON.parse(text(parts[0])).msg_type, "kernel_info_request");
  assert.deepEqual(JSON.parse(text(parts[3])), { a: 1 });
});

Deno.test("MessageCodec reads what it wrote, behind any number of identities", async () => {
  const codec = await MessageCodec.create("secret");
  const parts = [
    new Uint8Array([1, 2]),
    ...await codec.encode("id-1", "status", { execution_state: "idle" }),
  ];
  assert.deepEqual(await codec.decode("iopub", parts), {
    channel: "iopub",
    type: "status",
    parentId: "",
    content: { execution_state: "idle" },
  });
});

Deno.test("MessageCodec refuses a message that was changed or is cut", async () => {
  const codec = await MessageCodec.create("secret");
  const parts = await codec.encode("id-1", "status", {});
  const changed = parts.with(5, new TextEncoder().encode('{"x":1}'));
  await assert.rejects(codec.decode("iopub", changed), /its signature is wrong/);
  await assert.rejects(codec.decode("iopub", parts.slice(0, 4)), /without the frame/);
  await assert.rejects((await MessageCodec.create("other")).decode("iopub", parts), /its signature is wrong/);
});
