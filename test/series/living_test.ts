/** Which lives of which names count, worked out by hand. */
import assert from "node:assert/strict";
import { inOneName, type Life, livesOf, livingSelections } from "../../src/series/lives.ts";
import type { Selection } from "../../src/series/selection.ts";
import type { Series } from "../../src/series/types.ts";

const OLD: Selection = { names: ["old"], matchers: [], unitFactor: 1 };
const NEW: Selection = { names: ["new"], matchers: [], unitFactor: 1, others: [OLD] };

const life = (startSeconds: number, endSeconds = Infinity): Life => ({ startSeconds, endSeconds });

/** The lives of the old name that are to be read, beside the new one's. */
function oldLives(
  lives: { readonly old: readonly Life[]; readonly new: readonly Life[] },
  request: { readonly from: number; readonly to: number; readonly includeBefore?: boolean },
): readonly Life[] | undefined {
  const { from, to, ...rest } = request;
  const living = livingSelections(NEW, ({ names }) => names[0] === "old" ? lives.old : lives.new, {
    span: life(from, to),
    ...rest,
  });
  assert.deepEqual(living[0], { selection: NEW }, "the first name counts always");
  return living.find(({ selection }) => selection === OLD)?.lives;
}

Deno.test("livesOf() ends a life at a mark of absence, and begins the next at the point after it", () => {
  const lives = (times: number[], stale: number[]) =>
    livesOf(Float64Array.from(times), Float64Array.from(stale));
  assert.deepEqual(lives([1, 2, 5, 6], [3]), [life(1, 3), life(5)]);
  assert.deepEqual(lives([1, 2, 5], [3, 3.5, 7]), [life(1, 3), life(5, 7)]);
  assert.deepEqual(lives([1, 2], [3, 4]), [life(1, 3)]);
  assert.deepEqual(lives([3, 4], [1]), [life(3)]);
  assert.deepEqual(lives([3, 4], [3]), [life(3)], "a point and a mark at once: the point is the newer");
  assert.deepEqual(lives([1, 3, 4], [3]), [life(1, 3), life(3)]);
  assert.deepEqual(lives([], [3]), []);
});

Deno.test("livingSelections() puts the lives of a family's series together, in whatever order they come", () => {
  const merged = (...old: Life[]) => oldLives({ old, new: [life(100)] }, { from: 0, to: 200 });
  assert.deepEqual(merged(life(6, 9), life(0, 5)), [life(0, 5), life(6, 9)]);
  assert.deepEqual(merged(life(0, 5), life(0, 8), life(2, 3)), [life(0, 8)]);
  assert.deepEqual(merged(life(0, 1), life(2, 3), life(2.5, 6)), [life(0, 1), life(2, 6)]);
  assert.deepEqual(merged(life(0, 5), life(5, 9)), [life(0, 9)], "one that begins as another ends goes on");
});

Deno.test("livingSelections() takes of another name the lives in which the first was not shown at all", () => {
  const wide = { from: 0, to: 200 };
  assert.deepEqual(oldLives({ old: [life(0, 10)], new: [life(10)] }, wide), [life(0, 10)]);
  assert.equal(oldLives({ old: [life(0, 11)], new: [life(10)] }, wide), undefined);
  assert.deepEqual(oldLives({ old: [life(0, 5), life(8, 12)], new: [life(10)] }, wide), [life(0, 5)]);
  assert.deepEqual(
    oldLives({ old: [life(20, 40)], new: [life(0, 20)] }, wide),
    [life(20, 40)],
    "a step back",
  );
  assert.equal(oldLives({ old: [life(11, 15)], new: [life(10, 12), life(20)] }, wide), undefined);
  assert.equal(oldLives({ old: [], new: [life(10)] }, wide), undefined);
});

Deno.test("livingSelections() reads a name only where it has a life in the span, or the last one before it", () => {
  const lives = { old: [life(0, 5)], new: [life(10)] };
  assert.deepEqual(oldLives(lives, { from: 5, to: 20 }), [life(0, 5)], "its mark of absence is in the span");
  assert.equal(oldLives(lives, { from: 6, to: 20 }), undefined);
  assert.deepEqual(oldLives(lives, { from: 8, to: 20, includeBefore: true }), [life(0, 5)]);
  assert.deepEqual(oldLives(lives, { from: 10, to: 20, includeBefore: true }), [life(0, 5)]);
  assert.equal(
    oldLives(lives, { from: 11, to: 20, includeBefore: true }),
    undefined,
    "the new one's is later",
  );
  const late = { old: [life(30, 40)], new: [life(0, 20)] };
  assert.deepEqual(oldLives(late, { from: 0, to: 30 }), [life(30, 40)]);
  assert.equal(oldLives(late, { from: 0, to: 29 }), undefined);
  const two = [life(0, 5), life(50, 60)];
  assert.deepEqual(
    oldLives({ old: two, new: [life(10, 20)] }, { from: 0, to: 9 }),
    two,
    "one of them will do",
  );
  const three = { old: [life(0, 5)], new: [life(10, 12), life(20)] };
  assert.equal(oldLives(three, { from: 15, to: 30, includeBefore: true }), undefined, "one of them is later");
});

Deno.test("inOneName() keeps of another name the points, marks and resets of its own lives", () => {
  const series = (times: number[], stale: number[], resetSeconds?: number[]): Series => ({
    name: "old",
    labels: {},
    type: "counter",
    timesSeconds: Float64Array.from(times),
    values: Float64Array.from(times, (time) => 10 * time),
    staleSeconds: Float64Array.from(stale),
    ...(resetSeconds === undefined ? {} : { resetSeconds: Float64Array.from(resetSeconds) }),
  });
  const read = (old: Series, lives: readonly Life[]) => {
    const [found] = inOneName(
      [{ selection: NEW }, { selection: OLD, lives }],
      ({ names }) => names[0] === "old" ? [old] : [],
    );
    return found && {
      times: [...found.timesSeconds],
      values: [...found.values],
      stale: [...found.staleSeconds],
      resets: [...found.resetSeconds ?? []],
    };
  };
  const all = series([0, 1, 2, 3, 4, 5], [0, 2, 3, 5], [1, 2, 4]);
  assert.deepEqual(read(all, [life(0, 2), life(4, 5)]), {
    times: [0, 1, 4],
    values: [0, 10, 40],
    stale: [2, 5],
    resets: [1, 4],
  });
  assert.deepEqual(read(all, [life(9, 12), life(0)])?.times, [0, 1, 2, 3, 4, 5], "one life holds them all");
  assert.equal(read(series([0, 1], [2]), [life(10)]), undefined);
  assert.deepEqual(read(series([0, 1], [12]), [life(10)])?.stale, [12], "a mark alone counts too");
  assert.deepEqual(read(series([3], []), [life(3, 4)])?.times, [3], "a point alone");
});
