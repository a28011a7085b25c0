import test from 'ava';
import {
  ActivationLayer,
  AveragePoolLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  createLayer,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
  type Layer,
  type LayerConfig,
  MaxPoolLayer,
  registerLayer,
  type Tensor,
} from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';
import { PassingLayer } from '../support/nets.js';
import { randomTensor } from '../support/numerics.js';

const inputShape = [4, 6, 5] as const;

/** Layers with the configs that they should have. */
const layers: readonly (readonly [Layer, LayerConfig])[] = [
  [new FullyConnectedLayer(3, 2), { type: 'FullyConnectedLayer', inputs: 3, outputs: 2 }],
  [
    new FullyConnectedLayer(3, 2, { initMethod: { name: 'msra', mode: 'fanOut' }, seed: 7, dtype: 'float64' }),
    {
      type: 'FullyConnectedLayer',
      inputs: 3,
      outputs: 2,
      initMethod: { name: 'msra', mode: 'fanOut' },
      seed: 7,
      dtype: 'float64',
    },
  ],
  [new ActivationLayer('relu'), { type: 'ActivationLayer', name: 'relu' }],
  [new ActivationLayer('identity'), { type: 'ActivationLayer', name: 'identity' }],
  [new ActivationLayer('leakyRelu'), { type: 'ActivationLayer', name: 'leakyRelu', slope: 0.01 }],
  [new ActivationLayer({ name: 'elu', alpha: 2 }), { type: 'ActivationLayer', name: 'elu', alpha: 2 }],
  [new ClassificationLayer('sigmoid'), { type: 'ClassificationLayer', kind: 'sigmoid' }],
  [new DropoutLayer(0.25), { type: 'DropoutLayer', rate: 0.25 }],
  [new BatchNormLayer(3), { type: 'BatchNormLayer', features: 3, momentum: 0.9, epsilon: 1e-5 }],
  [
    new BatchNormLayer(3, { momentum: 0.5, epsilon: 1e-3, dtype: 'float64' }),
    { type: 'BatchNormLayer', features: 3, momentum: 0.5, epsilon: 1e-3, dtype: 'float64' },
  ],
  [
    new ConvLayer({ inputShape, filters: 6, kernelSize: 3 }),
    {
      type: 'ConvLayer',
      inputShape: [4, 6, 5],
      filters: 6,
      kernelSize: [3, 3],
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups: 1,
    },
  ],
  [
    new ConvLayer({
      inputShape,
      filters: 6,
      kernelSize: [3, 2],
      stride: [2, 1],
      padding: 'same',
      dilation: 2,
      groups: 2,
      initMethod: 'zero',
      seed: 3,
    }),
    {
      type: 'ConvLayer',
      inputShape: [4, 6, 5],
      filters: 6,
      kernelSize: [3, 2],
      stride: [2, 1],
      padding: 'same',
      dilation: [2, 2],
      groups: 2,
      initMethod: 'zero',
      seed: 3,
    },
  ],
  [
    new MaxPoolLayer({ inputShape, poolSize: 2 }),
    { type: 'MaxPoolLayer', inputShape: [4, 6, 5], poolSize: [2, 2], stride: [2, 2], padding: [0, 0] },
  ],
  [
    new AveragePoolLayer({ inputShape, poolSize: [3, 2], stride: 1, padding: 1 }),
    { type: 'AveragePoolLayer', inputShape: [4, 6, 5], poolSize: [3, 2], stride: [1, 1], padding: [1, 1] },
  ],
  [new GlobalAveragePoolLayer({ inputShape }), { type: 'GlobalAveragePoolLayer', inputShape: [4, 6, 5] }],
  [new FlattenLayer(), { type: 'FlattenLayer' }],
];

const rowsFor = (layer: Layer): Tensor => randomTensor([3, ...(layer.inputShape ?? [3])], 5, -1, 1);

test('a config says all that makes a layer', (t) => {
  for (const [layer, config] of layers) t.deepEqual(layer.config, config);
});

test('createLayer makes the same layer from a config that went through JSON', (t) => {
  for (const [layer, config] of layers) {
    const copy = createLayer(JSON.parse(JSON.stringify(config)));
    t.is(copy.constructor, layer.constructor);
    t.deepEqual(copy.config, config);
    t.is(copy.kind, layer.kind);
    const x = rowsFor(layer).clone(layer.dtype);
    const [y, yCopy] = [layer.forward(x, false), copy.forward(x, false)];
    t.deepEqual(yCopy.shape, y.shape, config.type);
    t.deepEqual(yCopy.data, y.data, config.type);
  }
});

test('parameterShapes are those of the parameters', (t) => {
  for (const [layer] of layers) {
    const shapes = Object.entries(layer.weights).map(([name, { shape }]) => [name, shape]);
    t.deepEqual({ ...layer.parameterShapes }, Object.fromEntries(shapes));
  }
});

test('createLayer refuses what is no config', (t) => {
  for (const config of [undefined, null, 3, 'relu', []]) {
    t.throws(() => createLayer(untyped(config)), badArgument(/an object with a type for the config of a layer/));
  }
  for (const type of [undefined, 'Layer', '__proto__', 'toString', 3]) {
    t.throws(() => createLayer(untyped({ type })), badArgument(/^Expected one of .*ConvLayer.* for the layer's type/));
  }
  for (const [, config] of layers) {
    const extra = { ...config, colour: 'red' };
    t.throws(() => createLayer(extra), badArgument(/'colour'/), config.type);
    for (const key of Object.keys(config)) {
      if (key === 'type') continue;
      for (const value of [null, 'none', {}, [[]], Number.NaN, ...textless]) {
        t.throws(() => createLayer({ ...config, [key]: value }), badArgument(/^Expected/), `${config.type} ${key}`);
      }
    }
  }
});

/** What JSON may hold, and what fails where it is made a text. */
const textless: readonly unknown[] = JSON.parse(
  '[{"toString":null},{"constructor":{"name":{"toString":null}}},["relu"]]',
);

class Passing extends PassingLayer {
  override get config(): LayerConfig | undefined {
    return { type: 'Passing' };
  }
}

test('registerLayer lets a class of your own be recreated', (t) => {
  t.throws(() => createLayer({ type: 'Passing' }), badArgument(/'Passing'/));
  registerLayer('Passing', () => new Passing());
  t.true(createLayer({ type: 'Passing' }) instanceof Passing);
  t.throws(
    () => createLayer({ type: 'Passing', factor: 2 }),
    badArgument(/only type for Passing but received 'factor'/),
  );
  t.throws(() => registerLayer('Passing', () => new Passing()), badArgument(/not registered yet/));
  t.throws(() => registerLayer('FlattenLayer', () => new Passing()), badArgument(/not registered yet/));
  t.throws(() => registerLayer('', () => new Passing()), badArgument(/a name for type/));
  t.throws(() => registerLayer('X', untyped(3)), badArgument(/a function for create/));
  registerLayer('NoLayer', () => untyped({}));
  t.throws(() => createLayer({ type: 'NoLayer' }), badArgument(/a Layer for the result of the creator of NoLayer/));
  registerLayer('Another', () => new FlattenLayer());
  t.throws(() => createLayer({ type: 'Another' }), badArgument(/made for 'Another' but received 'FlattenLayer'/));
});
