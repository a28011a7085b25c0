// Training steps of a net in float32 and in bfloat16, in turns, on one thread. Prints JSON: the microseconds of a step of
// each, medians, and the losses after the same steps.
import {
  ClassificationLayer,
  ConvLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  MaxPoolLayer,
  NeuralNet,
  type Precision,
  setThreads,
  Tensor,
} from 'blasnet';

const [name, rowCount, seconds] = process.argv.slice(2);
const rows = Number(rowCount);
const isVgg = name === 'vgg';
const rowShape = isVgg ? [3, 32, 32] : [784];
const precisions = ['float32', 'bfloat16'] as const;

/** Numbers from 0 to 1, the same in each run. */
function pixels(shape: readonly number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return Tensor.from(
    Float32Array.from({ length: size }, (_, i) => Math.abs(Math.sin(i * i))),
    shape,
  );
}

function netOf(precision: Precision): NeuralNet {
  const params = { netType: 'multipleClassifier', initMethod: 'msra', learningRate: 0.01, seed: 1, precision } as const;
  const net = new NeuralNet(new HyperParameters(params), 'net');
  if (isVgg) {
    for (const filters of [32, 64]) {
      for (let i = 0; i < 2; i++)
        net.addLayer(new ConvLayer({ filters, kernelSize: 3, padding: 1, activation: 'relu' }));
      net.addLayer(new MaxPoolLayer({ poolSize: 2 }));
    }
    net.addLayer(new FlattenLayer());
  } else {
    for (const width of name === 'wide' ? [1024, 1024] : [128, 64, 32, 16]) {
      net.addLayer(new FullyConnectedLayer(width, { activation: 'relu' }));
    }
  }
  return net.addLayer(new FullyConnectedLayer(10)).addLayer(new ClassificationLayer('softmax'));
}

const middle = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;

setThreads(1);
const x = pixels([rows, ...rowShape]);
const classes = Float32Array.from({ length: rows * 10 }, (_, i) => Number(Math.floor(i / 10) % 10 === i % 10));
const y = Tensor.from(classes, [rows, 10]);
const nets = precisions.map(netOf);
const losses = nets.map((net) => {
  for (let i = 0; i < 4; i++) net.trainOnBatch(x, y);
  return net.trainOnBatch(x, y).loss;
});
const times: [number[], number[]] = [[], []];
for (const end = performance.now() + Number(seconds) * 1000; performance.now() < end; ) {
  for (const [i, net] of nets.entries()) {
    for (let step = 0; step < 4; step++) {
      const start = performance.now();
      net.trainOnBatch(x, y);
      times[i as 0 | 1].push((performance.now() - start) * 1000);
    }
  }
}
console.log(JSON.stringify({ float32: middle(times[0]), bfloat16: middle(times[1]), losses }));
