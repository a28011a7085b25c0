import test from 'ava';
import fc from 'fast-check';
import { reuseMemory } from '#blasnet/plan/passes/reuse-memory';
import type { Extent } from '#blasnet/plan/recorded-call';
import { Arena } from '#blasnet/runtime/arena';
import { recordedCall } from '../support/recorded-calls.js';

const overlap = (a: Extent, b: Extent) => a.begin < b.end && b.begin < a.end;

test('a chain of calls takes the memory of two results, and of what is read later', (t) => {
  for (const [kept, results] of [
    [[], 2],
    [[3], 3],
  ] as const) {
    const workspace = new Arena('float32');
    const chain = Array.from({ length: 20 }, () => workspace.tensor([16]));
    const calls = chain.slice(1).map((y, i) => recordedCall('relu_forward', chain[i]!, y, 0));
    reuseMemory(
      workspace,
      calls,
      kept.map((i) => chain[i]!.extent),
    );
    t.is(workspace.bytes, results * 64);
  }
});

test('views of a tensor keep its memory as it does', (t) => {
  const workspace = new Arena('float32');
  const [a, b, c, d] = [0, 1, 2, 3].map(() => workspace.tensor([4, 8]));
  const calls = [
    recordedCall('relu_forward', a!, b!, 0),
    recordedCall('relu_forward', b!, c!, 0),
    recordedCall('relu_forward', a!.reshape([32]), d!, 0),
  ];
  reuseMemory(workspace, calls, []);
  for (const other of [b, c, d]) t.false(overlap(a!.extent, other!.extent));
  t.is(workspace.bytes, 3 * 128);
});

test('tensors that are of use at the same time never share memory', (t) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 2, maxLength: 12 });
  const pairs = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(sizes, pairs, fc.nat(), (lengths, uses, kept) => {
      const workspace = new Arena('float32');
      const tensors = lengths.map((length) => workspace.tensor([length]));
      const before = workspace.bytes;
      const of = (i: number) => tensors[i % tensors.length]!;
      reuseMemory(
        workspace,
        uses.map(([a, b]) => recordedCall('relu_forward', of(a), of(b), 0)),
        [of(kept).extent],
      );
      const life = tensors.map((tensor) => {
        const at = uses.flatMap(([a, b], i) => (of(a) === tensor || of(b) === tensor ? [i] : []));
        return of(kept) === tensor
          ? { first: at[0] ?? uses.length, last: uses.length }
          : { first: at[0], last: at.at(-1) };
      });
      for (const [i, one] of life.entries()) {
        for (const [j, other] of life.slice(0, i).entries()) {
          const isTogether =
            one.first !== undefined &&
            other.first !== undefined &&
            one.first <= other.last! &&
            other.first <= one.last!;
          if (isTogether && overlap(tensors[i]!.extent, tensors[j]!.extent)) return false;
        }
      }
      return workspace.bytes <= before;
    }),
    { seed: 1, numRuns: 500 },
  );
  t.pass();
});
