import {
  ActivationLayer,
  AddLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  input,
  MaxPoolLayer,
  NeuralNet,
  type Node,
} from 'blasnet';

export interface CifarRun {
  readonly epochs: number;
  readonly seed: number;
  /** Training images. */
  readonly numTrain: number;
}

/**
 * Three times convolution, pool, batch norm, relu; then one fully connected layer. The pool comes early: it leaves a
 * quarter of the numbers to the layers behind it.
 */
export function convolutionalNet(run: CifarRun): NeuralNet {
  const net = new NeuralNet(cifarParams(run, 0.003), 'CIFAR-10, convolutions');
  const channels = [3, 32, 64, 128];
  channels.slice(1).forEach((filters, i) => {
    const size = 32 >> i;
    net
      .addLayer(
        new ConvLayer({ inputShape: [channels[i]!, size, size], filters, kernelSize: 3, padding: 'same' }),
        `conv${i + 1}`,
      )
      .addLayer(new MaxPoolLayer({ inputShape: [filters, size, size], poolSize: 2 }))
      .addLayer(new BatchNormLayer(filters))
      .addLayer(new ActivationLayer('relu'));
  });
  return net
    .addLayer(new FlattenLayer())
    .addLayer(new DropoutLayer(0.3))
    .addLayer(new FullyConnectedLayer(128 * 4 * 4, 10))
    .addLayer(new ClassificationLayer('softmax'));
}

/**
 * The convolutional net with residual blocks (He et al. 2015) behind its second and third pool: two convolutions whose input
 * is added to their result, so that gradients reach the layers before them unchanged.
 */
export function residualNet(run: CifarRun): NeuralNet {
  const image = input([3, 32, 32], { name: 'image' });
  let x: Node = image;
  for (const [i, filters] of [32, 64, 128].entries()) {
    const conv = new ConvLayer({ filters, kernelSize: 3, padding: 'same' }).apply(x, `conv ${i + 1}`);
    const pool = new MaxPoolLayer({ poolSize: 2 }).apply(conv, `pool ${i + 1}`);
    x = activated(new BatchNormLayer().apply(pool, `norm ${i + 1}`), `relu ${i + 1}`);
    if (i > 0) x = residualBlock(x, filters, `block ${i}`);
  }
  const vector = new DropoutLayer(0.3).apply(new FlattenLayer().apply(x, 'flatten'), 'dropout');
  const outputs = [
    new ClassificationLayer('softmax').apply(new FullyConnectedLayer(10).apply(vector, 'classes'), 'softmax'),
  ];
  return NeuralNet.fromGraph({ inputs: [image], outputs }, cifarParams(run, 0.003), 'CIFAR-10, skip connections');
}

function residualBlock(x: Node, filters: number, name: string): Node {
  const normalized = (node: Node, number: number) => {
    const conv = new ConvLayer({ filters, kernelSize: 3, padding: 'same', useBias: false });
    return new BatchNormLayer().apply(conv.apply(node, `${name} conv ${number}`), `${name} norm ${number}`);
  };
  const inner = normalized(activated(normalized(x, 1), `${name} relu 1`), 2);
  return activated(new AddLayer().apply([x, inner], `${name} sum`), `${name} relu 2`);
}

const activated = (node: Node, name: string) => new ActivationLayer('relu').apply(node, name);

/** Twice a fully connected layer, batch norm, relu; then the last one. */
export function fullyConnectedNet(run: CifarRun): NeuralNet {
  const net = new NeuralNet(cifarParams(run, 0.001), 'CIFAR-10, fully connected').addLayer(new FlattenLayer());
  const sizes = [3 * 32 * 32, 256, 128];
  sizes.slice(1).forEach((outputs, i) => {
    net
      .addLayer(new FullyConnectedLayer(sizes[i]!, outputs))
      .addLayer(new BatchNormLayer(outputs))
      .addLayer(new ActivationLayer('relu'));
  });
  return net.addLayer(new FullyConnectedLayer(128, 10)).addLayer(new ClassificationLayer('softmax'));
}

function cifarParams({ epochs, seed, numTrain }: CifarRun, learningRate: number): HyperParameters {
  const batchSize = 64;
  return new HyperParameters({
    netType: 'multipleClassifier',
    initMethod: 'msra',
    optimizer: { name: 'adamW', weightDecay: 0.05 },
    learningRate,
    learningRateSchedule: { kind: 'cosine', unit: 'iteration', length: epochs * Math.ceil(numTrain / batchSize) },
    batchSize,
    maxEpoch: epochs,
    seed,
  });
}
