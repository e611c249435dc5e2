import assert from "node:assert/strict";
import { frame, greeting, message, readyCommand, subscribeToAll } from "../../../tools/kernel/frames.ts";

/** Expected bytes: the grammar of https://rfc.zeromq.org/spec/23/, written out by hand. */
Deno.test("greeting() is signature, version 3.0, mechanism NULL, client", () => {
  assert.equal(greeting().toHex(), "ff00000000000000007f" + "0300" + "4e554c4c" + "00".repeat(48));
});

Deno.test("readyCommand() names the socket's type", () => {
  assert.equal(
    readyCommand("SUB").toHex(),
    "0419" + "055245414459" + "0b536f636b65742d54797065" + "00000003" + "535542",
  );
});

Deno.test("subscribeToAll() is a message of one byte", () => {
  assert.equal(subscribeToAll().toHex(), "000101");
});

Deno.test("frame() takes eight bytes of length from 256 on", () => {
  assert.equal(frame(new Uint8Array(255), 0).subarray(0, 2).toHex(), "00ff");
  assert.equal(frame(new Uint8Array(256), 1).subarray(0, 9).toHex(), "030000000000000100");
});

Deno.test("message() marks all parts but the last", () => {
  assert.equal(
    message([new Uint8Array([7]), new Uint8Array([]), new Uint8Array([8])]).toHex(),
    "010107" + "0100" + "000108",
  );
});
