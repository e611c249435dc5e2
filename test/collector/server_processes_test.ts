import assert from "node:assert/strict";
import { serverName, serverProcessReader } from "../../src/collector/server_processes.ts";

Deno.test("serverName() knows vLLM's processes by how they are started, and nothing that only mentions it", () => {
  const rows: readonly [string, string | undefined][] = [
    ["VLLM::EngineCore", "VLLM::EngineCore"],
    ["VLLM::EngineCore_DP0", "VLLM::EngineCore_DP0"],
    ["VLLM::Worker_TP1", "VLLM::Worker_TP1"],
    ["/venv/bin/python3.11 /venv/bin/vllm serve model --port 8000", "vllm serve"],
    ["/usr/local/bin/vllm serve model", "vllm serve"],
    ["python3 -m vllm.entrypoints.openai.api_server --model m", "vllm serve"],
    ["python -O -m vllm.entrypoints.cli.main serve m", "vllm serve"],
    ["grep vllm serve", undefined],
    ["vim vllm", undefined],
    ["python3 train.py --name vllm", undefined],
    ["vllm bench serve", undefined],
    ["deno run -A main.ts monitor --url http://vllm:8000", undefined],
    ["", undefined],
  ];
  for (const [line, name] of rows) assert.equal(serverName(line.split(" ")), name, line);
});

Deno.test("serverProcessReader() reads the server's processes, looks for new ones now and then, and lets ended ones go", () => {
  const files = new Map<string, string>();
  const start = (pid: number, args: string[], ticks: number) => {
    files.set(`/proc/${pid}/cmdline`, args.join("\0") + "\0");
    files.set(`/proc/${pid}/stat`, `${pid} (x) S 1 1 1 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20`);
    files.set(`/proc/${pid}/statm`, `99 ${pid} 5 0 0 0 0\n`);
  };
  const read = serverProcessReader({
    ownPid: 9,
    listPids: () => [...new Set([...files.keys()].map((path) => Number(path.split("/")[2])))],
    pageBytes: () => 4096,
    readFile(path) {
      const text = files.get(path);
      if (text === undefined) throw new Deno.errors.NotFound(path);
      return new TextEncoder().encode(text);
    },
  });
  start(5, ["bash"], 1);
  start(7, ["python3", "/bin/vllm", "serve", "m"], 250);
  start(9, ["/bin/vllm", "serve"], 1); // The asker itself.
  assert.deepEqual(read(), [{ pid: 7, name: "vllm serve", cpuSeconds: 2.5, residentBytes: 7 * 4096 }]);
  start(8, ["VLLM::EngineCore"], 100);
  for (let i = 0; i < 14; i++) assert.deepEqual(read().map(({ pid }) => pid), [7]);
  assert.deepEqual(read().map(({ pid }) => pid), [7, 8]);
  // One ends, another begins: it is looked for at once.
  for (const name of ["cmdline", "stat", "statm"]) files.delete(`/proc/7/${name}`);
  start(6, ["vllm", "serve", "m"], 1);
  assert.deepEqual(read().map(({ pid }) => pid), [8]);
  assert.deepEqual(read().map(({ pid }) => pid).sort(), [6, 8]);
  files.set("/proc/8/statm", "0 0 0 0 0 0 0\n"); // A zombie.
  assert.deepEqual(read().map(({ pid }) => pid), [6]);
});

Deno.test("serverProcessReader() asks a process at three looks, and all of them at every twentieth", () => {
  const args = new Map([[1, "init"], [2, "python3"]]);
  const asked: number[] = [];
  const read = serverProcessReader({
    ownPid: 9,
    listPids: () => [...args.keys()],
    pageBytes: () => 4096,
    readFile(path) {
      const pid = Number(path.split("/")[2]);
      if (path.endsWith("/cmdline")) asked.push(pid);
      const text = path.endsWith("/cmdline")
        ? args.get(pid)!
        : path.endsWith("/stat")
        ? `${pid} (x) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20`
        : "5 4 3 0 0 0 0\n";
      return new TextEncoder().encode(text);
    },
  });
  const reads = (count: number) => {
    let seen: number[] = [];
    for (let i = 0; i < count; i++) seen = read().map(({ pid }) => pid);
    return seen;
  };
  const look = () => [reads(15), asked.splice(0)];
  assert.deepEqual(look(), [[], [1, 2]]);
  args.set(3, "python3");
  args.set(2, "VLLM::EngineCore");
  assert.deepEqual(look(), [[2], [1, 2, 3]]);
  assert.deepEqual(look(), [[2], [1, 2, 3]]);
  args.set(3, "VLLM::Worker_TP0");
  assert.deepEqual(look(), [[2, 3], [3]]);
  args.set(1, "VLLM::Worker_TP1"); // Long after its start.
  for (let i = 4; i < 20; i++) assert.deepEqual(look(), [[2, 3], []]);
  assert.deepEqual(look(), [[1, 2, 3], [1, 2, 3]]);
});
