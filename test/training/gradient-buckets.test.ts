import test from 'ava';
import { Tensor } from 'blasnet';
import { bucketsOf, runWithBuckets } from '#blasnet/training/gradient-buckets';

const quarter = 65_536; // numbers in a quarter of a megabyte

/** A gradient of parameters of so many quarters of a megabyte, one after the other. */
function gradientOf(...quarters: readonly number[]): { gradient: Tensor; parameters: Tensor[] } {
  const memory = new Float32Array((1 + quarters.reduce((sum, count) => sum + count, 0)) * quarter).subarray(quarter);
  let next = 0;
  const parameters = quarters.map((count) => {
    const begin = next;
    next += count * quarter;
    return Tensor.from(memory.subarray(begin, next), [count, quarter]);
  });
  return { gradient: Tensor.from(memory), parameters };
}

/** Where buckets lie within the gradient, in quarters of a megabyte. */
const placesOf = (gradient: Tensor, buckets: readonly Tensor[]) =>
  buckets.map(({ data, size }) => {
    const begin = (data.byteOffset - gradient.data.byteOffset) / 4 / quarter;
    return [begin, begin + size / quarter];
  });

test('a gradient is cut from its end on, between parameters, into parts of at least a megabyte but for the last', (t) => {
  const cases = [
    [[1, 2], [[0, 3]]],
    [
      [4, 4],
      [
        [4, 8],
        [0, 4],
      ],
    ],
    [
      [1, 9, 3, 1],
      [
        [10, 14],
        [1, 10],
        [0, 1],
      ],
    ],
    [
      [3, 3, 1, 2, 2],
      [
        [7, 11],
        [3, 7],
        [0, 3],
      ],
    ],
    [[40], [[0, 40]]],
  ] as const;
  for (const [quarters, expected] of cases) {
    const { gradient, parameters } = gradientOf(...quarters);
    t.deepEqual(
      placesOf(gradient, bucketsOf(gradient, parameters.toReversed())),
      expected.map((place) => [...place]),
    );
  }
});

test('a bucket follows the last call that uses its memory, and the bucket before it', (t) => {
  const { gradient, parameters } = gradientOf(4, 4, 4);
  const buckets = bucketsOf(gradient, parameters);
  const [first, second, third] = parameters as [Tensor, Tensor, Tensor];
  const other = Tensor.zeros([3]);
  const order = (...operands: readonly Tensor[]) => {
    const events: (string | number)[] = [];
    const calls = operands.map((dw, i) => ({ kernel: `call ${i}`, args: { dw, other, factor: 1 } }));
    runWithBuckets(
      calls,
      buckets,
      ({ kernel }) => events.push(kernel),
      (bucket) => events.push(bucket),
    );
    return events;
  };
  t.deepEqual(order(third, other, second, first, other), ['call 0', 0, 'call 1', 'call 2', 1, 'call 3', 2, 'call 4']);
  // The last layer's weights are used once more, such as where the first layer shares them.
  t.deepEqual(order(third, second, first, third), ['call 0', 'call 1', 'call 2', 'call 3', 0, 1, 2]);
  t.deepEqual(order(gradient, second), ['call 0', 0, 'call 1', 1, 2]);
  t.deepEqual(order(), [0, 1, 2]);
});
