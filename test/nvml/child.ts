/**
 * A process that reads the stand-in and ends in a bad way, for `crash_test.ts`. Arguments: library, way; of the way "steps"
 * also the states, one after the other, ten seconds apart on the reader's own clock.
 */
import { openNvml } from "../../src/nvml/mod.ts";

const [path, way] = Deno.args;
const source = openNvml({ path: path!, timeoutSeconds: 0.5 });
const signal = new AbortController().signal;

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function read(): Promise<string> {
  try {
    const { gpus, absent } = await source.read(performance.now() / 1000, signal);
    return absent?.code ?? `${gpus.length} GPUs`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

say(await read());
switch (way) {
  case "throw": // While the worker is inside a call.
    void read();
    setTimeout(() => {
      throw new Error("on purpose");
    }, 50);
    break;
  case "reject":
    void read();
    setTimeout(() => void Promise.reject(new Error("on purpose")), 50);
    break;
  case "exit":
    void read();
    setTimeout(() => Deno.exit(7), 50);
    break;
  case "dispose-in-call":
    void read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await source[Symbol.asyncDispose]?.();
    say("disposed");
    break;
  case "remove-library":
    Deno.removeSync(path!);
    say(await read());
    await source[Symbol.asyncDispose]?.();
    break;
  case "read-after-dispose":
    await source[Symbol.asyncDispose]?.();
    say(await read());
    await source[Symbol.asyncDispose]?.();
    break;
  case "hang": {
    const started = performance.now();
    let longest = 0;
    let last = started;
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    say(`${await read()} ${await read()}`);
    clearInterval(beat);
    say(longest < 400 ? "the loop went on" : `the loop stood still for ${longest} ms`);
    await source[Symbol.asyncDispose]?.();
    break;
  }
  case "steps": {
    const file = Deno.env.get("NVML_STANDIN_STATE")!;
    for (const [index, state] of Deno.args.slice(2).entries()) {
      Deno.writeTextFileSync(`${file}.new`, state);
      Deno.renameSync(`${file}.new`, file);
      const { gpus, absent, faults = [], epoch } = await source.read(10 * (index + 1), signal);
      const each = gpus.map(({ index, lost, values }) => `${index} ${lost?.code ?? `${values.length > 10}`}`);
      const xids = faults.map(({ xid }) => `xid ${xid}`);
      say(
        [`epoch ${epoch ?? "-"}`, ...(absent === undefined ? [] : [absent.code]), ...each, ...xids].join(
          ", ",
        ),
      );
    }
    await source[Symbol.asyncDispose]?.();
    break;
  }
  default:
    await source[Symbol.asyncDispose]?.();
}
