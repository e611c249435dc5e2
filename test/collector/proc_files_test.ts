import assert from "node:assert/strict";
import {
  pageBytesOf,
  parseDiskstats,
  parseLoadavg,
  parseMeminfo,
  parseNetDev,
  parsePressure,
  parseProcessCpu,
  parseProcessPages,
  parseStat,
} from "../../src/collector/proc_files.ts";
import { useBetween } from "../../src/collector/system_sampler.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

interface Moment {
  readonly stat: string;
  readonly meminfo: string;
  readonly psutil: {
    readonly cpuPercent: number;
    readonly totalBytes: number;
    readonly availableBytes: number;
    readonly usedBytes: number;
    readonly memoryPercent: number;
  };
}

function moments(): readonly Moment[] {
  return JSON.parse(Deno.readTextFileSync(new URL("../fixtures/proc/psutil.json", import.meta.url)));
}

Deno.test("parseStat() and useBetween() give psutil's cpu_percent at every recorded moment", () => {
  const rows = moments();
  for (let i = 1; i < rows.length; i++) {
    const use = useBetween(parseStat(bytes(rows[i - 1]!.stat)).all, parseStat(bytes(rows[i]!.stat)).all)!;
    // psutil rounds to a tenth of a percent.
    assert.equal(Number((use.busy * 100).toFixed(1)), rows[i]!.psutil.cpuPercent);
  }
});

Deno.test("parseMeminfo() gives psutil's virtual_memory at every recorded moment", () => {
  for (const { meminfo, psutil } of moments()) {
    const { totalBytes, availableBytes } = parseMeminfo(bytes(meminfo));
    assert.equal(totalBytes, psutil.totalBytes);
    assert.equal(availableBytes, psutil.availableBytes);
    assert.equal(totalBytes - availableBytes, psutil.usedBytes);
  }
});

Deno.test("parseStat() counts steal as busy, iowait as neither, and guest time once", () => {
  // user nice system idle iowait irq softirq steal guest guest_nice: guest is inside user (proc(5)).
  const text = bytes(
    "cpu  100 10 20 300 40 1 2 7 50 5\ncpu0 50 5 10 150 20 0 1 3 25 2\ncpu17 1 0 0 2 0\nintr 1\n",
  );
  assert.deepEqual(parseStat(text), {
    all: { busy: 140, total: 480, iowait: 40, steal: 7 },
    coreCount: 2,
    cores: [],
  });
  assert.deepEqual(parseStat(text, true).cores, [
    { busy: 69, total: 239, iowait: 20, steal: 3 },
    { busy: 1, total: 3, iowait: 0, steal: 0 },
  ]);
  // Linux 2.4 had four columns.
  assert.deepEqual(parseStat(bytes("cpu  1 2 3 4\n")).all, { busy: 6, total: 10, iowait: 0, steal: 0 });
  assert.throws(() => parseStat(bytes("nothing")), SyntaxError);
});

Deno.test("useBetween() says nothing when no time passed or a counter ran backwards", () => {
  const at = (busy: number, total: number) => ({ busy, total, iowait: 0, steal: 0 });
  assert.equal(useBetween(at(5, 10), at(5, 10)), undefined);
  assert.equal(useBetween(at(5, 10), at(4, 20)), undefined);
  assert.equal(useBetween(at(5, 100), at(6, 50)), undefined);
  assert.equal(useBetween(at(5, 10), at(10, 20))?.busy, 0.5);
  // The kernel's iowait may fall: it is 0 then, not below.
  assert.equal(useBetween({ ...at(0, 0), iowait: 9 }, { ...at(1, 10), iowait: 5 })?.iowait, 0);
});

Deno.test("parseMeminfo() does without MemAvailable, and not without anything", () => {
  const old = "MemTotal:  1000 kB\nMemFree:  100 kB\nBuffers:  20 kB\nCached:  30 kB\n";
  assert.deepEqual(parseMeminfo(bytes(old)), { totalBytes: 1_024_000, availableBytes: 153_600 });
  assert.throws(() => parseMeminfo(bytes("MemTotal: 1000 kB\n")), SyntaxError);
  assert.throws(() => parseMeminfo(bytes("")), SyntaxError);
});

Deno.test("parseLoadavg() reads three means", () => {
  assert.deepEqual(parseLoadavg(bytes("1.46 1.41 0.89 2/186 12345\n")), [1.46, 1.41, 0.89]);
  assert.throws(() => parseLoadavg(bytes("\n")), SyntaxError);
});

Deno.test("parseProcessCpu() reads times whatever the name is", () => {
  const stat = "4242 (a (b) c) S 1 4242 4242 0 -1 4194304 9 0 0 0 250 50 0 0 20 0 12 0 777 1 2 3";
  assert.equal(parseProcessCpu(bytes(stat)), 3);
  for (const text of ["", "4242 no name", "4242 (short) S 1 2"]) {
    assert.throws(() => parseProcessCpu(bytes(text)), SyntaxError);
  }
});

Deno.test("parseProcessPages() reads resident pages, and none of a process that has ended", () => {
  assert.equal(parseProcessPages(bytes("3000 512 100 1 0 2000 0\n")), 512);
  assert.throws(() => parseProcessPages(bytes("0 0 0 0 0 0 0\n")), SyntaxError);
  assert.throws(() => parseProcessPages(bytes("")), SyntaxError);
});

Deno.test("pageBytesOf() tells a page's size from memory that was read twice, a moment apart", () => {
  const rows: readonly [kilobytes: number, pages: number, size: number][] = [
    [2048, 512, 4096],
    [2200, 512, 4096],
    [8192, 512, 16_384],
    [30_000, 512, 65_536],
  ];
  for (const [kilobytes, pages, size] of rows) {
    assert.equal(pageBytesOf(bytes(`Name:\ta\nVmRSS:\t ${kilobytes} kB\nThreads:\t1\n`), pages), size);
  }
  assert.throws(() => pageBytesOf(bytes("Name:\ta\n"), 512), SyntaxError);
});

Deno.test("parsePressure() turns microseconds into seconds; full may be missing", () => {
  const text =
    "some avg10=0.00 avg60=0.08 avg300=0.21 total=6195488\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n";
  assert.deepEqual(parsePressure(bytes(text)), { someSeconds: 6.195488, fullSeconds: 0.5 });
  assert.deepEqual(parsePressure(bytes(text.split("\n")[0]!)), { someSeconds: 6.195488 });
});

Deno.test("parseNetDev() leaves the loopback out", () => {
  const text = [
    "Inter-|   Receive                                                |  Transmit",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
    "    lo: 1000       5    0    0    0     0          0         0     1000       5    0    0    0     0       0          0",
    "  eth0:123456     77    0    0    0     0          0         0   654321      66    0    0    0     0       0          0",
    "",
  ].join("\n");
  assert.deepEqual(parseNetDev(bytes(text)), [{ device: "eth0", inBytes: 123456, outBytes: 654321 }]);
});

Deno.test("parseDiskstats() takes whole disks only, in sectors of 512 bytes", () => {
  const rest = "3 100 9 10 4 50 8 0 6 17 0 0 0 0 0 0";
  const text = [
    "259 0 nvme0n1",
    "259 1 nvme0n1p1",
    "8 0 sda",
    "8 1 sda1",
    "7 0 loop0",
    "253 0 dm-0",
    "253 1 vda",
  ]
    .map((head) => `${head} 5 ${rest}`).join("\n");
  assert.deepEqual(
    parseDiskstats(bytes(text)).map(({ device, inBytes, outBytes }) => [device, inBytes, outBytes]),
    [
      ["nvme0n1", 100 * 512, 50 * 512],
      ["sda", 100 * 512, 50 * 512],
      ["vda", 100 * 512, 50 * 512],
    ],
  );
});
