import assert from "node:assert/strict";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { checkStretch, type Stretch, stretchOf, withinSpan } from "../../src/series/narrow.ts";

const HELD = { startSeconds: 100, endSeconds: 200 };

Deno.test("stretchOf() cuts what was asked for to what is held", () => {
  const cases: [Stretch, [number, number] | undefined][] = [
    [{}, [100, 200]],
    [{ fromSeconds: 150 }, [150, 200]],
    [{ toSeconds: 150 }, [100, 150]],
    [{ fromSeconds: 0, toSeconds: 900 }, [100, 200]],
    [{ lastSeconds: 30 }, [170, 200]],
    [{ lastSeconds: 30, toSeconds: 150 }, [120, 150]],
    [{ lastSeconds: 900 }, [100, 200]],
    [{ fromSeconds: 200 }, [200, 200]],
    [{ fromSeconds: 201 }, undefined],
    [{ toSeconds: 99 }, undefined],
  ];
  for (const [stretch, expected] of cases) {
    const span = stretchOf(HELD, stretch);
    assert.deepEqual(span && [span.startSeconds, span.endSeconds], expected, JSON.stringify(stretch));
  }
});

Deno.test("checkStretch() refuses a stretch that contradicts itself", () => {
  assert.throws(() => checkStretch({ fromSeconds: 1, lastSeconds: 1 }), /both its start and its length/);
  assert.throws(() => checkStretch({ fromSeconds: 2, toSeconds: 2 }), /starts at or after its end/);
  checkStretch({ toSeconds: 1, lastSeconds: 5 });
});

Deno.test("withinSpan() leaves out points, requests and events outside, and counts windows as the whole source does", async () => {
  const whole = await openShippedData("vllm-0.32.0-cpu");
  const held = await whole.span();
  assert.ok(held);
  const middle = (held.startSeconds + held.endSeconds) / 2;
  const part = withinSpan(whole, { startSeconds: middle, endSeconds: middle + 20 });
  assert.deepEqual(await part.span(), { startSeconds: middle, endSeconds: middle + 20 });

  const running = { quantity: "running" } as const;
  const inside = (time: number) => time >= middle && time <= middle + 20;
  const [all, some] = [await whole.select(running, held), await part.select(running, held)];
  assert.deepEqual(
    some.flatMap(({ timesSeconds }) => [...timesSeconds]),
    all.flatMap(({ timesSeconds }) => [...timesSeconds].filter(inside)),
  );
  assert.deepEqual(
    await part.requests(held),
    await whole.requests({ startSeconds: middle, endSeconds: middle + 20 }),
  );
  assert.ok((await part.requests(held)).length > 0);
  assert.ok((await part.requests(held)).length < (await whole.requests(held)).length);
  assert.deepEqual(await part.events({ startSeconds: 0, endSeconds: middle - 1 }), []);
  assert.deepEqual(await part.select(running, { startSeconds: 0, endSeconds: middle - 1 }), []);

  const query = { selector: { quantity: "generation_tokens" }, fn: { kind: "rate" } } as const;
  const grid = { startSeconds: middle, stepSeconds: 5, count: 5, rangeSeconds: 15 };
  assert.deepEqual(await part.evaluate(query, grid), await whole.evaluate(query, grid));
});
