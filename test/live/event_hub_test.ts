import assert from "node:assert/strict";
import { EventHub } from "../../src/live/event_hub.ts";

const WHOLE = () => Promise.resolve({ event: "snapshot", data: "all" });

/** Reads so many messages of a stream. */
async function read(stream: ReadableStream<Uint8Array>, count: number): Promise<string[]> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (text.split("\n\n").length - 1 < count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value);
  }
  await reader.cancel();
  return text.split("\n\n").filter((each) => each !== "");
}

Deno.test("EventHub gives a new reader the whole and then what comes", async () => {
  const hub = new EventHub("e");
  const stream = hub.connect(null, WHOLE);
  const reading = read(stream, 3);
  while (hub.size === 0) await Promise.resolve();
  assert.equal(hub.size, 1);
  hub.publish({ event: "points", data: "1" });
  assert.deepEqual(await reading, [
    "retry: 1000",
    "id: e:0\nevent: snapshot\ndata: all",
    "id: e:1\nevent: points\ndata: 1",
  ]);
  assert.equal(hub.size, 0);
});

Deno.test("EventHub gives a reader who comes back only what it missed", async () => {
  const hub = new EventHub("e");
  for (const data of ["1", "2", "3"]) hub.publish({ event: "points", data });
  const messages = await read(hub.connect("e:1", WHOLE), 3);
  assert.deepEqual(messages.slice(1), ["id: e:2\nevent: points\ndata: 2", "id: e:3\nevent: points\ndata: 3"]);
});

Deno.test("EventHub gives the whole to a reader of another epoch, with a wrong number, or away too long", async () => {
  const hub = new EventHub("e");
  for (let k = 0; k < 700; k++) hub.publish({ event: "points", data: String(k) });
  for (const id of ["other:1", "e:701", "e:x", "", "e:50"]) {
    const messages = await read(hub.connect(id, WHOLE), 2);
    assert.equal(messages[1], "id: e:700\nevent: snapshot\ndata: all", id);
  }
});

Deno.test("EventHub loses nothing that is published while the whole is made", async () => {
  const hub = new EventHub("e");
  const stream = hub.connect(null, () => {
    hub.publish({ event: "points", data: "meanwhile" });
    return WHOLE();
  });
  const messages = await read(stream, 3);
  assert.deepEqual(messages.slice(1), [
    "id: e:0\nevent: snapshot\ndata: all",
    "id: e:1\nevent: points\ndata: meanwhile",
  ]);
});

Deno.test("EventHub lets go of a reader that does not read", async () => {
  const hub = new EventHub("e");
  const stream = hub.connect("e:0", WHOLE);
  await Promise.resolve();
  assert.equal(hub.size, 1);
  for (let k = 0; k < 300; k++) hub.publish({ event: "points", data: "x" });
  assert.equal(hub.size, 0);
  await assert.rejects(read(stream, 1000), /too slow/);
});
