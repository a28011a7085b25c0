import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ConvLayer, type ConvOptions, type ImageShape, readNpz, Tensor } from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import {
  differences,
  gradientCheck,
  type Numbers,
  randomTensor,
  readReference,
  tensorOf,
} from '../support/numerics.js';

type Case = Record<'x' | 'w' | 'b' | 'delta' | 'y' | 'dx' | 'dw' | 'db', Numbers> & { readonly options: ConvOptions };

const small: ConvOptions & { readonly inputShape: ImageShape } = { inputShape: [2, 5, 6], filters: 3, kernelSize: 3 };

const tolerances = {
  float64: { rtol: 1e-9, atol: 1e-13 },
  float32: { rtol: 1e-5, atol: 1e-4 },
} as const;

for (const dtype of ['float64', 'float32'] as const) {
  test(`forward and backward agree with PyTorch, ${dtype}`, async (t) => {
    const { convolutions } = await readReference<{ convolutions: Case[] }>('convolution');
    t.is(convolutions.length, 19);
    for (const { options, x, w, b, delta, ...expected } of convolutions) {
      const layer = new ConvLayer({ ...options, dtype });
      layer.setWeights({ W: tensorOf(w, dtype), B: tensorOf(b, dtype) });
      const y = layer.forward(tensorOf(x, dtype));
      const dx = layer.backward(tensorOf(delta, dtype))!;
      const actual = { y, dx, dw: layer.gradients.W!, db: layer.gradients.B! };
      for (const name of ['y', 'dx', 'dw', 'db'] as const) {
        if (name !== 'db') t.deepEqual(actual[name].shape, expected[name].shape);
        t.is(actual[name].dtype, dtype);
        const place = `${JSON.stringify(options)} ${name}`;
        t.deepEqual(differences(actual[name].data, expected[name].data, tolerances[dtype], place), []);
      }
    }
  });
}

const checked: readonly (readonly [rows: number, options: ConvOptions & { readonly inputShape: ImageShape }])[] = [
  [3, small],
  [2, { inputShape: [2, 7, 4], filters: 3, kernelSize: [3, 2], stride: 2, padding: 1 }],
  [1, { inputShape: [4, 6, 8], filters: 2, kernelSize: 3, padding: 'same', groups: 2 }],
  [2, { inputShape: [1, 9, 9], filters: 2, kernelSize: [2, 3], stride: [3, 1], padding: [2, 0], dilation: [2, 3] }],
];

for (const [rows, options] of checked) {
  test(`gradients agree with differences: ${rows} rows, ${JSON.stringify(options)}`, (t) => {
    const layer = new ConvLayer({ ...options, dtype: 'float64', seed: 5 });
    layer.setWeights({ B: randomTensor([1, options.filters], 6) });
    t.deepEqual(gradientCheck(layer, randomTensor([rows, ...options.inputShape], 7)), []);
  });
}

test('a filter slides over the image without being turned', (t) => {
  const layer = new ConvLayer({ inputShape: [1, 2, 3], filters: 1, kernelSize: [1, 2] });
  layer.setWeights({ W: Tensor.from([10, 1], [1, 1, 1, 2]), B: Tensor.from([0.5]) });
  const y = layer.forward(Tensor.from([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]));
  t.deepEqual(y.shape, [1, 1, 2, 2]);
  t.deepEqual(y.toArray(), [12.5, 23.5, 45.5, 56.5]);
});

test('rows that are vectors are taken as images, and get their delta as vectors', (t) => {
  const layer = new ConvLayer({ ...small, dtype: 'float64' });
  const images = randomTensor([4, 2, 5, 6], 1);
  const y = layer.forward(images);
  const delta = randomTensor(y.shape, 2);
  const dx = layer.backward(delta)!;
  t.deepEqual(layer.forward(images.reshape([4, 60])).data, y.data);
  const flat = layer.backward(delta)!;
  t.deepEqual(flat.shape, [4, 60]);
  t.deepEqual(flat.data, dx.data);
});

const shapes: readonly (readonly [Partial<ConvOptions>, readonly number[]])[] = [
  [{}, [3, 3, 4]],
  [{ padding: 'valid' }, [3, 3, 4]],
  [{ padding: 'same' }, [3, 5, 6]],
  [{ padding: 'same', stride: 2 }, [3, 3, 3]],
  [{ padding: 'same', stride: [4, 5], kernelSize: 1 }, [3, 2, 2]],
  [{ padding: 1 }, [3, 5, 6]],
  [{ padding: [0, 2] }, [3, 3, 8]],
  [{ stride: 2 }, [3, 2, 2]], // (6 − 3) / 2 leaves a column out
  [{ stride: 9 }, [3, 1, 1]],
  [{ dilation: 2 }, [3, 1, 2]],
  [{ kernelSize: [5, 1] }, [3, 1, 6]],
  [{ filters: 4, groups: 2 }, [4, 3, 4]],
];

test('output shapes', (t) => {
  for (const [change, expected] of shapes) {
    const layer = new ConvLayer({ ...small, ...change });
    t.deepEqual(layer.outputShape([2, 5, 6]), expected, JSON.stringify(change));
    t.deepEqual(layer.forward(Tensor.zeros([2, 2, 5, 6])).shape, [2, ...expected]);
  }
});

test('parameters and operations', (t) => {
  const layer = new ConvLayer({ ...small, filters: 4, groups: 2, kernelSize: [3, 2] });
  t.deepEqual(layer.weights.W!.shape, [4, 1, 3, 2]);
  t.deepEqual(layer.weights.B!.shape, [1, 4]);
  t.is(layer.flopsPerRow([2, 5, 6]), 2 * 4 * 6 * 3 * 5);
});

test('fans are those of one output and of one input', (t) => {
  const deviation = (data: ArrayLike<number>) =>
    Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0) / data.length);
  const options = { inputShape: [32, 5, 5], filters: 256, kernelSize: 3, groups: 2 } as const;
  const byInputs = new ConvLayer({ ...options, initMethod: 'msra' }).weights.W!.data;
  const byOutputs = new ConvLayer({ ...options, initMethod: { name: 'msra', mode: 'fanOut' } }).weights.W!.data;
  t.true(Math.abs(deviation(byInputs) / Math.sqrt(2 / (16 * 9)) - 1) < 0.02);
  t.true(Math.abs(deviation(byOutputs) / Math.sqrt(2 / (128 * 9)) - 1) < 0.02);
});

test('weights pass through npz files', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-conv-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const layer = new ConvLayer({ ...small, seed: 3 });
  layer.setWeights({ B: Tensor.from([1, 2, 3]) });
  await layer.saveWeights(folder, 'conv');
  const arrays = await readNpz(join(folder, 'conv.npz'));
  t.deepEqual(arrays.weights!.shape, [3, 2, 3, 3]);
  t.deepEqual(arrays.bias!.shape, [1, 3]);
  const other = new ConvLayer({ ...small, seed: 4 });
  t.notDeepEqual(other.weights.W!.data, layer.weights.W!.data);
  await other.loadWeights(folder, 'conv');
  t.deepEqual(other.weights.W!.data, layer.weights.W!.data);
  t.deepEqual(other.weights.B!.data, layer.weights.B!.data);
});

test('bad options', (t) => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [{ inputShape: [5, 6] }, /\[channels, height, width\] for inputShape .* an array of 2/],
    [{ inputShape: 28 }, /inputShape .* 28/],
    [{ inputShape: [1, 0, 5] }, /inputShape .* 0/],
    [{ filters: 1.5 }, /filters .* 1.5/],
    [{ filters: undefined }, /filters .* undefined/],
    [{ kernelSize: 6 }, /at most the 5 rows of the padded input for kernelSize .* 6/],
    [{ kernelSize: [3, 7] }, /at most the 6 columns of the padded input for kernelSize .* 7/],
    [{ dilation: 3 }, /at most the 5 rows of the padded input for kernelSize with its dilation .* 7/],
    [{ kernelSize: [1, 2, 3] }, /a number or \[rows, columns\] for kernelSize/],
    [{ kernelSize: 0 }, /kernelSize .* 0/],
    [{ stride: 0 }, /stride .* 0/],
    [{ stride: [1, -1] }, /stride .* -1/],
    [{ padding: -1 }, /padding .* -1/],
    [{ padding: 'full' }, /'same', 'valid', a whole number or \[rows, columns\] for padding .* 'full'/],
    [{ dilation: 0.5 }, /dilation .* 0.5/],
    [{ groups: 2 }, /a divisor of the 3 filters for groups .* 2/],
    [{ groups: 3 }, /a divisor of the 2 input channels for groups .* 3/],
    [{ groups: 0 }, /groups .* 0/],
    [{ seed: -1 }, /seed .* -1/],
    [{ initMethod: 'he' }, /initMethod .* 'he'/],
    [{ dtype: 'float16' }, /dtype .* 'float16'/],
  ];
  for (const [change, message] of bad) {
    t.throws(() => new ConvLayer({ ...small, ...(change as ConvOptions) }), badArgument(message));
  }
  t.throws(() => new ConvLayer(undefined as unknown as ConvOptions), badArgument(/an object for options .* undefined/));
});

test('rows of another shape are refused', (t) => {
  const layer = new ConvLayer(small);
  for (const shape of [
    [1, 3, 5, 6],
    [1, 2, 6, 5],
    [1, 59],
    [1, 12, 5],
  ]) {
    t.throws(() => layer.forward(Tensor.zeros(shape)), shapeMismatch(/images of \[2, 5, 6\] for input/));
  }
  layer.forward(Tensor.zeros([1, 2, 5, 6]));
  t.throws(
    () => layer.backward(Tensor.zeros([1, 3, 4, 4])),
    shapeMismatch(/^Expected shape \[1, 3, 3, 4\] for delta but received \[1, 3, 4, 4\]$/),
  );
  t.throws(
    () => layer.backward(Tensor.zeros([2, 3, 3, 4])),
    shapeMismatch(/\[1, 3, 3, 4\] for delta but received \[2, 3, 3, 4\]$/),
  );
});

test('no rows give no rows', (t) => {
  const layer = new ConvLayer(small);
  t.deepEqual(layer.forward(Tensor.zeros([0, 2, 5, 6])).shape, [0, 3, 3, 4]);
  t.deepEqual(layer.backward(Tensor.zeros([0, 3, 3, 4]))!.shape, [0, 2, 5, 6]);
});
