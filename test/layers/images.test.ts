// Layers of images against PyTorch: transposed and depthwise convolution, upsampling, global max pool, prelu.
import test from 'ava';
import {
  ConvLayer,
  ConvTransposeLayer,
  type ConvTransposeOptions,
  createLayer,
  DepthwiseConvLayer,
  type DepthwiseConvOptions,
  GlobalMaxPoolLayer,
  type Layer,
  PReluLayer,
  type PReluOptions,
  Tensor,
  UpsampleLayer,
  type UpsampleLayerOptions,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import {
  differences,
  gradientCheck,
  type Numbers,
  randomTensor,
  readReference,
  tensorOf,
} from '../support/numerics.js';

type Case<Options> = Readonly<Record<'x' | 'dx' | 'delta' | 'y', Numbers>> &
  Readonly<Partial<Record<'W' | 'B' | 'dW' | 'dB' | 'slope' | 'dslope', Numbers>>> & { readonly options: Options };

interface Reference {
  readonly convTransposes: readonly Case<ConvTransposeOptions>[];
  readonly depthwise: readonly Case<DepthwiseConvOptions>[];
  readonly upsamplings: readonly Case<UpsampleLayerOptions>[];
  readonly prelus: readonly Case<PReluOptions>[];
  readonly globalMaxPool: Case<object>;
}

/** The layer's values and gradients against those of a case. */
function compare(layer: Layer, one: Case<unknown>): string[] {
  const dtype = 'float64';
  const x = tensorOf(one.x, dtype);
  layer.outputShape(x.shape.slice(1));
  const names = (['W', 'B', 'slope'] as const).filter((name) => one[name]);
  layer.setWeights(
    Object.fromEntries(names.map((name) => [name, tensorOf(one[name]!, dtype).reshape(layer.weights[name]!.shape)])),
  );
  const y = layer.forward(x);
  const dx = layer.backward(tensorOf(one.delta, dtype))!;
  const pairs: readonly (readonly [string, Tensor, Numbers])[] = [
    ['y', y, one.y],
    ['dx', dx, one.dx],
    ...names.map((name) => [`d${name}`, layer.gradients[name]!, one[`d${name}`]!] as const),
  ];
  return pairs.flatMap(([name, { data }, expected]) =>
    differences(data, expected.data, { rtol: 1e-9, atol: 1e-13 }, `${JSON.stringify(one.options)} ${name}`),
  );
}

test('transposed convolutions are those of PyTorch', async (t) => {
  const { convTransposes } = await readReference<Reference>('images');
  t.is(convTransposes.length, 10);
  for (const one of convTransposes) {
    const layer = new ConvTransposeLayer({ ...one.options, dtype: 'float64' });
    t.deepEqual(layer.outputShape(one.options.inputShape!), one.y.shape.slice(1));
    t.deepEqual(compare(layer, one), []);
  }
});

test('depthwise convolutions are those of PyTorch', async (t) => {
  const { depthwise } = await readReference<Reference>('images');
  t.is(depthwise.length, 3);
  for (const one of depthwise)
    t.deepEqual(compare(new DepthwiseConvLayer({ ...one.options, dtype: 'float64' }), one), []);
});

test('upsampling is that of PyTorch', async (t) => {
  const { upsamplings } = await readReference<Reference>('images');
  t.is(upsamplings.length, 10);
  for (const one of upsamplings) {
    const layer = new UpsampleLayer(one.options);
    t.deepEqual(layer.outputShape(one.x.shape.slice(1)), one.y.shape.slice(1));
    t.deepEqual(compare(layer, one), []);
  }
});

test('prelu is that of PyTorch', async (t) => {
  const { prelus } = await readReference<Reference>('images');
  t.is(prelus.length, 4);
  for (const one of prelus) t.deepEqual(compare(new PReluLayer({ ...one.options, dtype: 'float64' }), one), []);
});

test('global max pool is that of PyTorch, with the gradient at the first of equal numbers', async (t) => {
  const { globalMaxPool } = await readReference<Reference>('images');
  t.deepEqual(compare(new GlobalMaxPoolLayer(), globalMaxPool), []);
});

test('gradients agree with differences', (t) => {
  const x = randomTensor([2, 2, 4, 3], 3);
  const layers: readonly Layer[] = [
    new ConvTransposeLayer({
      filters: 4,
      kernelSize: 3,
      stride: 2,
      padding: 1,
      outputPadding: 1,
      groups: 2,
      dtype: 'float64',
    }),
    new ConvTransposeLayer({
      filters: 2,
      kernelSize: 2,
      useBias: false,
      activation: 'tanh',
      dtype: 'float64',
      seed: 2,
    }),
    new DepthwiseConvLayer({ kernelSize: 3, padding: 'same', depthMultiplier: 2, dtype: 'float64', seed: 3 }),
    new UpsampleLayer({ factor: 2, mode: 'bilinear' }),
    new UpsampleLayer({ size: [5, 7] }),
    new GlobalMaxPoolLayer(),
    new PReluLayer({ dtype: 'float64' }),
    new PReluLayer({ shared: 'all', dtype: 'float64' }),
  ];
  for (const layer of layers) t.deepEqual(gradientCheck(layer, x), [], layer.kind);
});

test('a transposed convolution is the derivative of the convolution with its weights', (t) => {
  const options = { kernelSize: 3, stride: 2, padding: 1, dtype: 'float64' } as const;
  const conv = new ConvLayer({ ...options, inputShape: [2, 7, 7], filters: 3, seed: 1, useBias: false });
  const back = new ConvTransposeLayer({ ...options, inputShape: [3, 4, 4], filters: 2, useBias: false });
  back.setWeights({ W: conv.weights.W! });
  conv.forward(randomTensor([2, 2, 7, 7], 1));
  const delta = randomTensor([2, 3, 4, 4], 2);
  t.deepEqual(back.forward(delta).data, conv.backward(delta)!.data);
});

test('a depthwise convolution is a convolution with as many groups as channels', (t) => {
  const options = { inputShape: [4, 6, 5], kernelSize: 3, padding: 'same', stride: 2, seed: 4 } as const;
  const depthwise = new DepthwiseConvLayer({ ...options, depthMultiplier: 2 });
  const grouped = new ConvLayer({ ...options, filters: 8, groups: 4 });
  const x = randomTensor([3, 4, 6, 5], 1).clone('float32');
  t.deepEqual(depthwise.forward(x).data, grouped.forward(x).data);
  t.is(depthwise.flopsPerRow([4, 6, 5]), grouped.flopsPerRow([4, 6, 5]));
});

const sizes: readonly (readonly [Partial<ConvTransposeOptions>, readonly number[]])[] = [
  [{}, [3, 7, 8]],
  [{ stride: 2 }, [3, 11, 13]],
  [{ stride: 2, padding: 1, outputPadding: 1 }, [3, 10, 12]],
  [{ padding: 'same', stride: 2 }, [3, 10, 12]],
  [{ padding: 'same', stride: 5, kernelSize: 2 }, [3, 25, 30]],
  [{ dilation: [2, 1], kernelSize: [3, 1] }, [3, 9, 6]],
];

test('output shapes and parameters of transposed convolutions', (t) => {
  for (const [change, expected] of sizes) {
    const layer = new ConvTransposeLayer({ filters: 3, kernelSize: 3, ...change });
    t.deepEqual(layer.outputShape([2, 5, 6]), expected, JSON.stringify(change));
    t.deepEqual(layer.forward(Tensor.zeros([2, 2, 5, 6])).shape, [2, ...expected]);
  }
  const layer = new ConvTransposeLayer({ inputShape: [4, 5, 6], filters: 6, kernelSize: [2, 3], groups: 2 });
  t.deepEqual(layer.parameterShapes, { W: [4, 3, 2, 3], B: [1, 6] });
  t.is(layer.flopsPerRow([4, 5, 6]), 2 * 4 * 3 * 6 * 30);
});

test('configs make the same layers', (t) => {
  const layers: readonly Layer[] = [
    new ConvTransposeLayer({
      filters: 4,
      kernelSize: [2, 3],
      stride: 2,
      outputPadding: [1, 0],
      groups: 2,
      activation: 'relu',
    }),
    new ConvTransposeLayer({
      inputShape: [1, 2, 3],
      filters: 4,
      kernelSize: 2,
      padding: 'same',
      useBias: false,
      seed: 7,
    }),
    new DepthwiseConvLayer({ kernelSize: 3, depthMultiplier: 2, padding: 1, initMethod: 'xavier' }),
    new UpsampleLayer({ factor: 2 }),
    new UpsampleLayer({ inputShape: [1, 2, 2], size: [3, 5], mode: 'bilinear' }),
    new GlobalMaxPoolLayer({ inputShape: [2, 3, 4] }),
    new PReluLayer({ shared: 'all', initial: 0.1 }),
  ];
  for (const layer of layers) {
    const made = createLayer(layer.config!);
    t.is(made.constructor, layer.constructor);
    t.deepEqual(made.config, layer.config);
  }
});

test('bad options', (t) => {
  const bad: readonly (readonly [() => unknown, RegExp])[] = [
    [() => new ConvTransposeLayer({ filters: 2 } as ConvTransposeOptions), /kernelSize/],
    [() => new ConvTransposeLayer({ filters: 0, kernelSize: 1 }), /filters/],
    [() => new ConvTransposeLayer({ filters: 3, kernelSize: 1, groups: 2 }), /a divisor of the 3 filters for groups/],
    [
      () => new ConvTransposeLayer({ filters: 1, kernelSize: 1, outputPadding: 1 }),
      /less than stride or dilation for outputPadding/,
    ],
    [
      () => new ConvTransposeLayer({ filters: 1, kernelSize: 1, stride: 2, padding: 'same', outputPadding: 1 }),
      /0 with padding 'same'/,
    ],
    [
      () => new ConvTransposeLayer({ inputShape: [1, 1, 1], filters: 1, kernelSize: 2, padding: 1 }),
      /less than half of the 2 rows/,
    ],
    [
      () => new ConvTransposeLayer({ inputShape: [3, 1, 1], filters: 2, kernelSize: 2, groups: 2 }),
      /a divisor of the 3 input channels/,
    ],
    [() => new DepthwiseConvLayer({ kernelSize: 2, depthMultiplier: 0 }), /depthMultiplier/],
    [() => new DepthwiseConvLayer({ kernelSize: 4, inputShape: [1, 3, 9] }), /at most the 3 rows/],
    [() => new UpsampleLayer({}), /either factor or size for options but received 'neither'/],
    [() => new UpsampleLayer({ factor: 2, size: 4 }), /either factor or size for options but received 'both'/],
    [() => new UpsampleLayer({ factor: 1.5 }), /factor/],
    [() => new UpsampleLayer({ size: 2, mode: 'cubic' as 'nearest' }), /'nearest' or 'bilinear' for mode/],
    [() => new UpsampleLayer(undefined as unknown as UpsampleLayerOptions), /either factor or size/],
    [() => new GlobalMaxPoolLayer({ inputShape: [1, 2] as unknown as [1, 2, 3] }), /inputShape/],
    [() => new PReluLayer({ shared: 'row' as 'all' }), /'channel' or 'all' for shared/],
    [() => new PReluLayer({ initial: Number.NaN }), /a finite number for initial/],
  ];
  for (const [make, message] of bad) t.throws(make, badArgument(message));
  t.throws(
    () => new UpsampleLayer({ factor: 2 }).outputShape([3]),
    shapeMismatch(/images of \[channels, height, width\]/),
  );
  t.throws(() => new PReluLayer().outputShape([]), shapeMismatch(/rows with a first dimension/));
});
