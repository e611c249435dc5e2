/**
 * Everything of the public door that can be called.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as lab from "#lab";
import { classCalls, otherCalls } from "./class_calls.ts";
import { functionCalls } from "./function_calls.ts";
import type { Held } from "./things.ts";

/** One thing that can be called, with its right arguments. */
export interface Called {
  readonly name: string;
  readonly call: (args: readonly unknown[]) => unknown;
  readonly args: () => readonly unknown[];
}

/** All of them. */
export function calls(held: Held): Called[] {
  const exported: Readonly<Record<string, unknown>> = { ...lab };
  const all: Called[] = [];
  for (const [name, args] of Object.entries(functionCalls(held))) {
    all.push({
      name,
      args,
      call: (given) => Reflect.apply(asFunction(exported[name], name), undefined, given),
    });
  }
  for (const [name, { construct, make, methods }] of Object.entries(classCalls(held))) {
    const maker = make === undefined ? asFunction(exported[name], name) : () => undefined;
    if (make === undefined) {
      all.push({
        name: `new ${name}`,
        args: construct,
        call: (given) => Reflect.construct(maker, [...given]),
      });
    }
    const instance = make ?? (() => Reflect.construct(maker, [...construct()]) as object);
    for (const [method, args] of Object.entries(methods)) {
      all.push({
        name: `${name}.${method}`,
        args,
        call: (given) => {
          const on = instance();
          return finish(Reflect.apply(asFunction(Reflect.get(on, method), method), on, given), on);
        },
      });
    }
  }
  return [...all, ...otherCalls()];
}

async function finish(result: unknown, on: object): Promise<unknown> {
  try {
    return await drained(result);
  } finally {
    await dispose(on);
  }
}

/** A generator does nothing until it is asked. */
async function drained(result: unknown): Promise<unknown> {
  if (typeof result === "object" && result !== null && Symbol.asyncIterator in result && "next" in result) {
    for await (const each of result as AsyncIterable<unknown>) return each;
  }
  return await result;
}

async function dispose(value: unknown): Promise<void> {
  if (typeof value !== "object" || value === null) return;
  const end = Reflect.get(value, Symbol.asyncDispose) ?? Reflect.get(value, Symbol.dispose) ??
    ["stop", "close"].map((name) => Reflect.get(value, name)).find((method) =>
      typeof method === "function" && method.length === 0
    );
  if (typeof end === "function") await Reflect.apply(end, value, []);
}

function asFunction(value: unknown, name: string) {
  assert.equal(typeof value, "function", `${name} is exported`);
  return value as (...args: unknown[]) => unknown;
}

/** Undefined for a result, else the error. */
export async function outcome({ call }: Called, args: readonly unknown[]): Promise<Error | undefined> {
  try {
    await dispose(await drained(call(args)));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(`not an error: ${String(error)}`);
  }
}

/** An object literal. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
