/** Reads the machine once and prints the memory's figures: `cgroup_real_test.ts` runs it inside a control group. */
import { SystemSampler } from "../../src/collector/system_sampler.ts";

const sampler = new SystemSampler({ intervalSeconds: 1 });
const { ids, values, defined } = await sampler.sample(0, new AbortController().signal);
const names = new Map(defined.map(({ id, name }) => [id, name]));
const pairs = Array.from(ids, (id, i) => [names.get(id)!, values[i]!] as const);
const memory = Object.fromEntries(pairs.filter(([name]) => /^lab_(cgroup_)?memory_/.test(name)));
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(memory)));
await sampler[Symbol.asyncDispose]();
