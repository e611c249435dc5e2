import assert from "node:assert/strict";
import type { GpuSample } from "../../src/gpu/types.ts";
import { NVML } from "../../src/nvml/codes.ts";
import { type Changes, Figures, slotOf, TIER_BIT, WRAPPING } from "../../src/nvml/figures.ts";
import type { SessionReading } from "../../src/nvml/session.ts";
import { WireReader, WireWriter } from "../../src/nvml/wire.ts";

const GPU = { uuid: "GPU-a", index: "0", name: "A" };
const lost = { code: "gpu_lost", params: { nvml: 15 } } as const;
const ALL = TIER_BIT.fast | TIER_BIT.medium | TIER_BIT.slow;

/** A session of one GPU, whose figures the test writes. */
function session() {
  const changes: Changes = { count: 0 };
  const figures = new Figures(changes);
  const writer = new WireWriter();
  const reader = new WireReader();
  const pack = (over: Partial<SessionReading> = {}) => {
    const reading: SessionReading = {
      devices: [{ identity: GPU, figures }],
      tiers: ALL,
      changes: changes.count,
      faults: [],
      ...over,
    };
    const sent = writer.pack(reading);
    const values = new Float64Array(sent.size);
    writer.write(sent.form, values);
    return { sent, values };
  };
  const through = (over: Partial<SessionReading> = {}): GpuSample => {
    const { sent, values } = pack(over);
    return reader.unpack(structuredClone(sent), values);
  };
  return { changes, figures, pack, through };
}

const POWER = slotOf("power");
const FAN = slotOf("fan");
const ENERGY = slotOf("energy");

Deno.test("WireReader gives back what WireWriter packed: figures, absences, processes, facts", () => {
  const { figures, through } = session();
  figures.set(POWER, 1);
  figures.fail(FAN, NVML.notSupported);
  figures.fail(slotOf("pcieSent"), WRAPPING);
  figures.setProcesses([{ pid: 7, usedBytes: 70 }, { pid: 8 }]);
  const unsupported = { code: "gpu_not_supported", params: { nvml: 3 } };
  const { gpus, epoch, details, faults } = through({
    epoch: 2,
    details: { driver: "590" },
    faults: [{ uuid: "GPU-a", xid: 79, timeSeconds: 5 }],
  });
  assert.deepEqual({ epoch, details, faults }, {
    epoch: 2,
    details: { driver: "590" },
    faults: [{ uuid: "GPU-a", xid: 79, timeSeconds: 5 }],
  });
  assert.deepEqual(gpus, [{
    ...GPU,
    values: [
      { metric: "power", reading: { value: 1 } },
      { metric: "processMemory", labels: { pid: "7" }, reading: { value: 70 } },
      {
        metric: "pcieSent",
        reading: { absent: { code: "gpu_not_supported", params: { detail: "32-bit counter" } } },
      },
      { metric: "fan", reading: { absent: unsupported } },
      { metric: "processMemory", labels: { pid: "8" }, reading: { absent: unsupported } },
    ],
  }]);
});

Deno.test("WireWriter sends a form once; absence is a part of the form, a number is not", () => {
  const { figures, pack } = session();
  const isNew: boolean[] = [];
  const seen: number[][] = [];
  const step = () => {
    const { sent, values } = pack();
    isNew.push(sent.newForm !== undefined);
    seen.push([...values]);
  };
  figures.set(POWER, 7);
  figures.set(FAN, 8);
  step();
  figures.set(POWER, 9);
  step();
  figures.fail(FAN, NVML.notSupported);
  step();
  step();
  figures.set(FAN, 10);
  step();
  assert.deepEqual(isNew, [true, false, true, false, true]);
  assert.deepEqual(seen, [[7, 8], [9, 8], [9], [9], [9, 10]]);
});

Deno.test("WireWriter keeps a form for each set of tiers, and tells a process that ended once", () => {
  const { figures, pack, through } = session();
  figures.set(POWER, 1);
  figures.set(ENERGY, 2);
  figures.set(FAN, 3);
  figures.setProcesses([{ pid: 7, usedBytes: 4 }]);
  const numbers = (tiers: number) => [...pack({ tiers }).values];
  assert.deepEqual([1, 3, 7, 1].map(numbers), [[1], [1, 2], [1, 2, 3, 4], [1]]);
  assert.equal(pack({ tiers: 3 }).sent.newForm, undefined);
  figures.setProcesses([]);
  const processes = () =>
    through().gpus[0]!.values.filter(({ metric }) => metric === "processMemory").map(({ reading }) =>
      reading
    );
  assert.deepEqual(processes(), [{ absent: { code: "no_data" } }]);
  figures.setProcesses([]);
  assert.deepEqual(processes(), []);
});

Deno.test("WireReader follows through a GPU's loss, the driver's, and more forms than are remembered", () => {
  const { changes, figures, through } = session();
  figures.set(POWER, 1);
  assert.equal(through().gpus[0]!.values.length, 1);
  changes.count++;
  assert.deepEqual(through({ devices: [{ identity: GPU, lost }] }).gpus, [{ ...GPU, values: [], lost }]);
  changes.count++;
  const absent = { code: "gpu_driver_not_loaded", params: { nvml: 9 } } as const;
  assert.deepEqual(through({ devices: [], absent }).absent, absent);
  for (let i = 0; i < 100; i++) {
    changes.count++;
    figures.setProcesses([{ pid: i, usedBytes: i }]);
    assert.deepEqual([...through().column!.values], [1, i]);
  }
  const values = new Float64Array();
  assert.throws(() => new WireReader().unpack({ form: 5, size: 0 }, values), RangeError);
});

Deno.test("Figures counts changes, but not numbers", () => {
  const changes: Changes = { count: 0 };
  const figures = new Figures(changes);
  const counted = (step: () => void) => {
    const before = changes.count;
    step();
    return changes.count - before;
  };
  assert.deepEqual([
    counted(() => figures.set(POWER, 1)),
    counted(() => figures.set(POWER, 2)),
    counted(() => figures.fail(POWER, 3)),
    counted(() => figures.fail(POWER, 3)),
    counted(() => figures.fail(POWER, 4)),
    counted(() => figures.set(POWER, NaN)),
    counted(() => figures.setProcesses([{ pid: 1, usedBytes: 5 }])),
    counted(() => figures.setProcesses([{ pid: 1, usedBytes: 6 }])),
    counted(() => figures.setProcesses([{ pid: 1 }])),
    counted(() => figures.setProcesses([{ pid: 2 }])), // Told is also who ended,
    counted(() => figures.setProcesses([{ pid: 2 }])), // which is over at the next.
    counted(() => figures.setProcesses([{ pid: 2 }])),
    counted(() => figures.failProcesses(4)),
    counted(() => figures.failProcesses(4)),
  ], [1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 0]);
});
