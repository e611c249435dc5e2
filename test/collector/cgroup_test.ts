import assert from "node:assert/strict";
import { cgroupReader } from "../../src/collector/cgroup.ts";

function reader(files: Readonly<Record<string, string>>, asked: string[] = []) {
  return cgroupReader((path) => {
    asked.push(path);
    const text = files[path];
    if (text === undefined) throw new Deno.errors.NotFound(path);
    return new TextEncoder().encode(text);
  });
}

function read(files: Readonly<Record<string, string>>) {
  return reader(files)();
}

const MIB = 2 ** 20;

Deno.test("cgroupReader() reads version 2 in a container with its own namespace", () => {
  assert.deepEqual(
    read({
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": `${512 * MIB}\n`,
      "/sys/fs/cgroup/memory.current": `${300 * MIB}\n`,
      "/sys/fs/cgroup/memory.stat": `anon 1\ninactive_file ${100 * MIB}\nactive_file 5\n`,
      "/sys/fs/cgroup/cpu.max": "150000 100000\n",
    }),
    { memoryLimitBytes: 512 * MIB, memoryUsedBytes: 200 * MIB, cpuLimitCores: 1.5 },
  );
});

Deno.test("cgroupReader() takes the tightest limit on the way to the root", () => {
  assert.deepEqual(
    read({
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/memory.max": "max\n",
      "/sys/fs/cgroup/a/b/memory.current": `${MIB}\n`,
      "/sys/fs/cgroup/a/b/memory.stat": "",
      "/sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
      "/sys/fs/cgroup/a/memory.max": `${64 * MIB}\n`,
      "/sys/fs/cgroup/a/cpu.max": "200000 100000\n",
    }),
    { memoryLimitBytes: 64 * MIB, memoryUsedBytes: MIB, cpuLimitCores: 2 },
  );
});

Deno.test("cgroupReader() has no limit where none is set", () => {
  assert.deepEqual(
    read({
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": "max\n",
      "/sys/fs/cgroup/memory.current": `${MIB}\n`,
      "/sys/fs/cgroup/memory.stat": "",
      "/sys/fs/cgroup/cpu.max": "max 100000\n",
    }),
    { memoryUsedBytes: MIB },
  );
});

Deno.test("cgroupReader() reads version 1, whose 'no limit' is a huge number", () => {
  const files = {
    "/proc/self/cgroup": "5:devices:/x\n4:memory:/pod/x\n2:cpu,cpuacct:/pod/x\n0::/\n",
    "/sys/fs/cgroup/memory/pod/x/memory.usage_in_bytes": `${90 * MIB}\n`,
    "/sys/fs/cgroup/memory/pod/x/memory.stat": `inactive_file 1\ntotal_inactive_file ${10 * MIB}\n`,
    "/sys/fs/cgroup/memory/pod/x/memory.limit_in_bytes": "9223372036854771712\n",
    "/sys/fs/cgroup/cpu,cpuacct/pod/x/cpu.cfs_quota_us": "-1\n",
    "/sys/fs/cgroup/cpu,cpuacct/pod/x/cpu.cfs_period_us": "100000\n",
  };
  assert.deepEqual(read(files), { memoryUsedBytes: 80 * MIB });
  assert.deepEqual(
    read({
      ...files,
      "/sys/fs/cgroup/memory/pod/memory.limit_in_bytes": `${256 * MIB}\n`,
      "/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n",
    }),
    { memoryLimitBytes: 256 * MIB, memoryUsedBytes: 80 * MIB, cpuLimitCores: 0.5 },
  );
});

Deno.test("cgroupReader() finds the root's files when the group's own path is the host's", () => {
  assert.deepEqual(
    read({
      "/proc/self/cgroup": "4:memory:/kubepods/burstable/pod1/abc\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": `${7 * MIB}\n`,
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${8 * MIB}\n`,
    }),
    { memoryLimitBytes: 8 * MIB, memoryUsedBytes: 7 * MIB },
  );
});

Deno.test("cgroupReader() says nothing where there are no control groups", () => {
  assert.deepEqual(read({}), {});
  assert.deepEqual(read({ "/proc/self/cgroup": "garbage" }), {});
});

Deno.test("cgroupReader() asks for limits at every tenth read, for the group at every sixtieth, for the use at each", () => {
  const files = {
    "/proc/self/cgroup": "0::/a\n",
    "/sys/fs/cgroup/a/memory.max": `${64 * MIB}\n`,
    "/sys/fs/cgroup/a/memory.current": `${MIB}\n`,
    "/sys/fs/cgroup/a/memory.stat": "inactive_file 0\n",
  };
  const asked: string[] = [];
  const next = reader(files, asked);
  const used = (count: number) => Array.from({ length: count }, () => next().memoryUsedBytes).at(-1);
  assert.equal(used(10), MIB);
  files["/sys/fs/cgroup/a/memory.max"] = `${32 * MIB}\n`;
  files["/sys/fs/cgroup/a/memory.current"] = `${2 * MIB}\n`;
  asked.length = 0;
  assert.deepEqual(next(), { memoryLimitBytes: 32 * MIB, memoryUsedBytes: 2 * MIB });
  assert.equal(asked.filter((path) => path.endsWith("memory.max")).length, 1);
  assert.equal(asked.filter((path) => path.endsWith("cgroup")).length, 0);
  asked.length = 0;
  next();
  assert.deepEqual(asked, ["/sys/fs/cgroup/a/memory.current", "/sys/fs/cgroup/a/memory.stat"]);
  // The process is put into another group.
  Object.assign(files, { "/proc/self/cgroup": "0::/b\n", "/sys/fs/cgroup/b/memory.current": `${5 * MIB}\n` });
  used(48);
  assert.deepEqual(next(), { memoryUsedBytes: 5 * MIB });
});
