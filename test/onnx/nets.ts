import {
  type Activation,
  ActivationLayer,
  type ActivationOptions,
  AveragePoolLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DropoutLayer,
  type DType,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
  HyperParameters,
  type Layer,
  MaxPoolLayer,
  type NetType,
  NeuralNet,
} from 'blasnet';
import { randomTensor } from '../support/numerics.js';

/** A net to export: its layers, and the shape of its rows where the first layer takes any. */
export interface NetCase {
  readonly layers: () => Layer[];
  readonly netType?: NetType;
  /** Rows that the net is asked with; default: as its first layer says. */
  readonly inputShape?: readonly number[];
  /** Whether onnxruntime has some of the operators, or what it makes of them, for float32 only. */
  readonly float32Only?: true;
}

const images = [4, 7, 6] as const;
const activations: readonly (Activation | ActivationOptions)[] = [
  'identity',
  'sigmoid',
  'tanh',
  'relu',
  'leakyRelu',
  { name: 'leakyRelu', slope: 0.3 },
  'elu',
  { name: 'elu', alpha: 0.7 },
  'gelu',
  'silu',
  'softplus',
  'selu',
  'relu6',
  'hardSigmoid',
  { name: 'hardSigmoid', alpha: 0.2, beta: 0.4 },
  'hardSwish',
  'mish',
  'softsign',
];
const withoutFloat64 = new Set([
  ...['leakyRelu', 'elu', 'gelu', 'silu', 'softplus'],
  ...['selu', 'hardSigmoid', 'hardSwish', 'mish', 'softsign'],
]);

const convolutions: readonly Omit<ConstructorParameters<typeof ConvLayer>[0], 'inputShape' | 'filters'>[] = [
  { kernelSize: 3 },
  { kernelSize: 3, padding: 'same' },
  { kernelSize: [2, 4], padding: 'same' }, // one more at the bottom and at the right
  { kernelSize: 3, padding: 'same', stride: 2 },
  { kernelSize: [3, 2], padding: [2, 1], stride: [1, 2] },
  { kernelSize: 2, dilation: [2, 3], padding: 1 },
  { kernelSize: 2, dilation: 3, padding: 'same' },
  { kernelSize: 3, groups: 2, padding: 1 },
  { kernelSize: 1, groups: 2, stride: 3 },
];

const pools = [
  { poolSize: 2 },
  { poolSize: 3, stride: 2, padding: 1 },
  { poolSize: [3, 2], stride: [2, 1], padding: [1, 1] },
  { poolSize: [2, 3], stride: [3, 1], padding: [0, 1] },
] as const;

/** Nets that between them hold every layer in every form, by what they are. */
export const netCases: Readonly<Record<string, NetCase>> = {
  'fully connected': { layers: () => [new FullyConnectedLayer(5, 3)] },
  ...Object.fromEntries(
    activations.map((activation): [string, NetCase] => {
      const layers = () => [
        new FullyConnectedLayer(6, 5),
        new ActivationLayer(activation),
        new FullyConnectedLayer(5, 2),
      ];
      const name = typeof activation === 'string' ? activation : activation.name;
      return [JSON.stringify(activation), { layers, ...(withoutFloat64.has(name) && { float32Only: true }) }];
    }),
  ),
  'softmax, dropout and batch norm of features': {
    netType: 'multipleClassifier',
    layers: () => [
      new FullyConnectedLayer(6, 8),
      new BatchNormLayer(8, { epsilon: 1e-3, momentum: 0.8 }),
      new ActivationLayer('relu'),
      new DropoutLayer(0.3),
      new FullyConnectedLayer(8, 4),
      new ClassificationLayer('softmax'),
    ],
  },
  sigmoid: {
    netType: 'binaryClassifier',
    layers: () => [new FullyConnectedLayer(6, 1), new ClassificationLayer('sigmoid')],
  },
  'batch norm first': { inputShape: [3, 4, 5], layers: () => [new BatchNormLayer(3), new FlattenLayer()] },
  'softmax of images': {
    netType: 'multipleClassifier',
    inputShape: [2, 3, 2],
    layers: () => [new ClassificationLayer('softmax')],
  },
  ...Object.fromEntries(
    convolutions.map((options): [string, NetCase] => [
      `convolution ${JSON.stringify(options)}`,
      { float32Only: true, layers: () => [new ConvLayer({ inputShape: images, filters: 6, ...options })] },
    ]),
  ),
  ...Object.fromEntries(
    pools.flatMap((options) =>
      [MaxPoolLayer, AveragePoolLayer].map((Pool): [string, NetCase] => [
        `${Pool.name} ${JSON.stringify(options)}`,
        { float32Only: true, layers: () => [new Pool({ inputShape: images, ...options })] },
      ]),
    ),
  ),
  'images from vectors, batch norm of channels, global average pool': {
    float32Only: true,
    inputShape: [4 * 7 * 6],
    netType: 'multipleClassifier',
    layers: () => [
      new ConvLayer({ inputShape: images, filters: 8, kernelSize: 3, padding: 1 }),
      new BatchNormLayer(8),
      new ActivationLayer('relu'),
      new GlobalAveragePoolLayer({ inputShape: [8, 7, 6] }),
      new FullyConnectedLayer(8, 3),
      new ClassificationLayer('softmax'),
    ],
  },
  'global average pool of vectors': {
    float32Only: true,
    inputShape: [24],
    layers: () => [new GlobalAveragePoolLayer({ inputShape: [4, 3, 2] })],
  },
  'vectors in the middle taken as images': {
    float32Only: true,
    layers: () => [
      new FullyConnectedLayer(5, 24),
      new ActivationLayer('tanh'),
      new MaxPoolLayer({ inputShape: [2, 3, 4], poolSize: 2, stride: 1 }),
      new FlattenLayer(),
      new FullyConnectedLayer(12, 2),
    ],
  },
  'a small LeNet': {
    float32Only: true,
    netType: 'multipleClassifier',
    layers: () => [
      new ConvLayer({ inputShape: [1, 12, 12], filters: 4, kernelSize: 5, padding: 2 }),
      new ActivationLayer('relu'),
      new MaxPoolLayer({ inputShape: [4, 12, 12], poolSize: 2 }),
      new ConvLayer({ inputShape: [4, 6, 6], filters: 6, kernelSize: 3 }),
      new ActivationLayer('gelu'),
      new AveragePoolLayer({ inputShape: [6, 4, 4], poolSize: 2 }),
      new FlattenLayer(),
      new FullyConnectedLayer(24, 10),
      new ActivationLayer('silu'),
      new DropoutLayer(0.5),
      new FullyConnectedLayer(10, 3),
      new ClassificationLayer('softmax'),
    ],
  },
};

/** The case's net, with weights as training leaves them: nothing at its initial value. */
export function netOf(
  { layers, netType = 'fitting' }: NetCase,
  dtype: DType = 'float32',
  name = 'exported',
): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType, dtype }), name);
  layers().forEach((layer, i) => {
    net.addLayer(layer);
    scatter(layer, 10 * i);
  });
  return net;
}

/** Gives a layer's parameters random values of the size that trained ones have. */
export function scatter(layer: Layer, seed: number): void {
  layer.parameters.forEach(({ name, value: { shape, size } }, i) => {
    const spread = name === 'W' ? 1.5 / Math.sqrt(size / Math.max(...shape.slice(0, 2))) : 0.5;
    const isScale = name === 'gamma' || name === 'var';
    const values = isScale ? randomTensor(shape, seed + i, 0.3, 2) : randomTensor(shape, seed + i, -spread, spread);
    layer.setWeights({ [name]: values });
  });
}

/** Shape of the rows that a case's net is asked with. */
export const rowShapeOf = ({ inputShape }: NetCase, net: NeuralNet) => inputShape ?? net.layers[0]!.inputShape!;
