import test from 'ava';
import { Tensor } from 'blasnet';
import type { Runner } from '#blasnet/runtime/runner';
import { partsOf } from '#blasnet/training/gradient-buckets';
import { ShardSums } from '#blasnet/training/shard-sums';
import { Shards } from '#blasnet/training/shards';
import { fakeRanks } from '../support/fake-ranks.js';

const quarter = 65_536;
/** Two layers with weights of 1 MB. */
const gradient = Tensor.zeros([8 * quarter]);
const layers = [0, 4].map((from) => Tensor.from(gradient.data.subarray(from * quarter, (from + 4) * quarter)));
/** Each is a part that is summed by itself, the last one first. */
const parts = layers.toReversed();
const statistics = Tensor.zeros([3]);

/** A runner that notes the kernels, and the first number of their sums in quarters of a megabyte. */
function noting() {
  const kernels: string[] = [];
  const runner: Runner = {
    dtype: 'float32',
    step: 0,
    tensor: ((shape: readonly number[]) => Tensor.zeros(shape)) as Runner['tensor'],
    run: (kernel, { sum }) => {
      const place =
        sum instanceof Tensor && sum.data.buffer === gradient.data.buffer ? sum.data.byteOffset / 2 ** 18 : '';
      kernels.push(`${kernel} ${place}`.trim());
    },
  };
  return { kernels, runner };
}

const backward = layers.toReversed().map((dw, i) => ({ kernel: `layer ${2 - i}`, args: { dw } }));

test('the sum of a layer is begun while the layers before it are computed', (t) => {
  const { kernels, runner } = noting();
  const shards = new Shards(2, fakeRanks(2, true)[0]);
  const sums = new ShardSums(runner, shards, 1, { gradient, statistics, gradients: parts });
  t.true(sums.overlaps(0));
  sums.add(0, backward);
  t.deepEqual(kernels, ['layer 2', 'begin_sum_shards 4', 'layer 1', 'begin_sum_shards 0']);
  kernels.length = 0;
  sums.finish(2);
  t.deepEqual(kernels, ['sum_shards', 'scaled_copy', 'wait_sums 0']);
});

test('of several shards, only the last one sends anything', (t) => {
  const { kernels, runner } = noting();
  const shards = new Shards(4, fakeRanks(2, true)[0]);
  const sums = new ShardSums(runner, shards, 2, { gradient, statistics: Tensor.zeros([0]), gradients: parts });
  t.deepEqual([sums.overlaps(0), sums.overlaps(1)], [false, true]);
  sums.add(0);
  t.deepEqual(kernels, ['store_rows', 'store_rows']);
  sums.add(1, backward);
  const last = ['layer 2', 'store_rows', 'begin_sum_shards 4', 'layer 1', 'store_rows', 'begin_sum_shards 0'];
  t.deepEqual(kernels.slice(2), last);
});

test('a small gradient is summed at once, and one process alone sends nothing', (t) => {
  const { kernels, runner } = noting();
  const small = Tensor.zeros([10]);
  const sums = new ShardSums(runner, new Shards(2, fakeRanks(2, true)[1]), 1, {
    ...{ gradient: small, statistics: Tensor.zeros([0]), gradients: [small] },
  });
  t.false(sums.overlaps(0));
  sums.add(0);
  sums.finish(2);
  t.deepEqual(kernels, ['sum_shards']);
  const [rank] = fakeRanks(2);
  t.deepEqual(partsOf(gradient, layers, new Shards(2, rank)), [gradient], 'ranks that use all cores');
  t.is(partsOf(gradient, layers, new Shards(2, fakeRanks(2, true)[0])).length, 2);
  t.deepEqual(partsOf(gradient, layers, new Shards(2, undefined)), [gradient]);
  const alone = new ShardSums(runner, new Shards(1, undefined), 1, { gradient, statistics, gradients: [gradient] });
  t.false(alone.overlaps(0));
  alone.add(0);
  alone.finish(1);
  t.deepEqual(kernels.slice(1), Array(4).fill('scaled_copy'));
});
