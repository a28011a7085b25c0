import {
  ActivationLayer,
  AddLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
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
 * A small ResNet (He et al. 2015): blocks of two convolutions whose input is added to their result, so that gradients reach
 * the first layers unchanged. A block that halves the images and has more filters brings its input along by a convolution
 * of 1 × 1.
 */
export function residualNet(run: CifarRun): NeuralNet {
  const image = input([3, 32, 32], { name: 'image' });
  const pool = new MaxPoolLayer({ poolSize: 2 }).apply(normalized(image, 'stem', 32, 3), 'pool');
  let x = new ActivationLayer('relu').apply(pool, 'stem relu');
  for (const [i, [filters, stride]] of (
    [
      [32, 1],
      [64, 2],
      [128, 2],
    ] as const
  ).entries()) {
    const name = `block ${i + 1}`;
    const first = new ActivationLayer('relu').apply(
      normalized(x, `${name} conv 1`, filters, 3, stride),
      `${name} relu 1`,
    );
    const second = normalized(first, `${name} conv 2`, filters, 3);
    const beside = stride === 1 ? x : normalized(x, `${name} shortcut`, filters, 1, stride);
    x = new ActivationLayer('relu').apply(new AddLayer().apply([second, beside], `${name} sum`), `${name} relu 2`);
  }
  const logits = new FullyConnectedLayer(10).apply(new GlobalAveragePoolLayer().apply(x, 'means'), 'classes');
  const outputs = [new ClassificationLayer('softmax').apply(logits, 'softmax')];
  return NeuralNet.fromGraph({ inputs: [image], outputs }, cifarParams(run, 0.003), 'CIFAR-10, skip connections');
}

/** Convolution and batch norm. */
function normalized(x: Node, name: string, filters: number, kernelSize: number, stride = 1): Node {
  const conv = new ConvLayer({ filters, kernelSize, stride, padding: 'same', useBias: false }).apply(x, name);
  return new BatchNormLayer().apply(conv, `${name} norm`);
}

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
