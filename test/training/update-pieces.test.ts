import test from 'ava';
import { Tensor } from 'blasnet';
import { pieceBegin, pieceOf, UpdatePieces } from '#blasnet/net/update-pieces';
import type { Runner } from '#blasnet/runtime/runner';

test('pieces cover an array once, and begin at lines of 64 bytes', (t) => {
  for (const itemBytes of [4, 8]) {
    for (const ranks of [1, 2, 3, 7]) {
      for (const count of [0, 1, 15, 16, 17, 100, 1000, 4099]) {
        const begins = Array.from({ length: ranks + 1 }, (_, rank) => pieceBegin(rank, ranks, count, itemBytes));
        t.is(begins[0], 0);
        t.is(begins[ranks], count);
        t.deepEqual(
          begins,
          begins.toSorted((a, b) => a - b),
        );
        for (const begin of begins) t.true(begin === count || (begin * itemBytes) % 64 === 0);
      }
    }
  }
});

test('each rank has a piece of each part of the gradient, and all ranks together have all of it', (t) => {
  const gradient = Tensor.zeros([1000]);
  const parts = [gradient.slice(600, 1000), gradient.slice(0, 600)];
  const seen = new Uint8Array(1000);
  for (const rank of [0, 1, 2]) {
    const { own } = new UpdatePieces(gradient, parts, { rank, size: 3, exchange: 0 });
    t.is(own.length, 2);
    for (const { begin, end } of own) for (let i = begin; i < end; i++) seen[i]!++;
  }
  t.true(seen.every((times) => times === 1));
  const [small] = new UpdatePieces(gradient.slice(0, 3), [gradient.slice(0, 3)], { rank: 1, size: 2, exchange: 0 }).own;
  t.is(small, undefined, 'three numbers lie in the piece of rank 0');
});

test('gatherPass gathers each part of an array with the layout of the gradient', (t) => {
  const gradient = Tensor.zeros([100]);
  const pieces = new UpdatePieces(gradient, [gradient.slice(64, 100), gradient.slice(0, 64)], {
    ...{ rank: 0, size: 2, exchange: 5 },
  });
  const theta = Tensor.from(Float32Array.from({ length: 100 }, (_, i) => i));
  const calls: [string, number, number, unknown][] = [];
  const run: Runner['run'] = (kernel, { values, communicator }) => {
    const { data } = values as Tensor;
    calls.push([kernel, data[0]!, data.length, communicator]);
  };
  pieces.gatherPass({ run } as Runner, theta);
  t.deepEqual(calls, [
    ['gather_pieces', 64, 36, 5],
    ['gather_pieces', 0, 64, 5],
  ]);
  t.is(pieceOf(theta, { begin: 7, end: 9 }).data[1], 8);
});
