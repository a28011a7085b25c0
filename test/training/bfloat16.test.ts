// Products in bfloat16: against PyTorch (test/fixtures/reference/bfloat16.py), and what stays float32.
import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  type Layer,
  Loss,
  LstmLayer,
  MaxPoolLayer,
  NeuralNet,
  type Ops,
  setThreads,
  Tensor,
  type Value,
} from 'blasnet';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, rowsOfNumbers, weightsOf } from '../support/nets.js';
import { type Numbers, randomTensor, readReference, tensorOf } from '../support/numerics.js';

const float = (x: number) => Math.fround(x);

/** x rounded to bfloat16: the upper 16 bits of a float32, half to even. */
function rounded(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer);
  bits[0] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0]!;
}

interface Course {
  readonly losses: readonly number[];
  readonly end: readonly Numbers[];
}

interface Reference {
  readonly rate: number;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly start: readonly Numbers[];
  readonly bfloat16: Course;
  readonly float64: Course;
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(Array.from(a, (value, i) => (value - b[i]!) ** 2).reduce((sum, square) => sum + square, 0));

test('training steps are those of PyTorch with rounded factors', async (t) => {
  const { rate, x, y, start, ...courses } = await readReference<Reference>('bfloat16');
  const [images, labels] = [tensorOf(x, 'float32'), tensorOf(y, 'float32')];
  for (const precision of ['bfloat16', 'float32'] as const) {
    const params = { netType: 'multipleClassifier', learningRate: rate, precision } as const;
    const net = new NeuralNet(new HyperParameters(params), 'net')
      .addLayer(new ConvLayer({ filters: 4, kernelSize: 3, padding: 1, activation: 'relu' }))
      .addLayer(new FlattenLayer())
      .addLayer(new FullyConnectedLayer(16, { activation: 'tanh' }))
      .addLayer(new FullyConnectedLayer(3))
      .addLayer(new ClassificationLayer('softmax'));
    net.inference(images); // fixes the sizes
    const [conv, hidden, last] = [0, 2, 3].map((i) => net.layers[i]!);
    for (const [i, layer] of [conv, hidden, last].entries()) {
      const [W, B] = [0, 1].map((k) => tensorOf(start[2 * i + k]!, 'float32'));
      layer!.setWeights({ W: W!, B: B!.reshape([1, B!.size]) });
    }
    const [own, other] =
      precision === 'bfloat16' ? (['bfloat16', 'float64'] as const) : (['float64', 'bfloat16'] as const);
    const losses = courses[own].losses.map(() => net.trainOnBatch(images, labels).loss);
    // An operand next to the middle of two bfloat16 numbers may be rounded to the other one here: by far the lesser change.
    t.true(
      distance(losses, courses[own].losses) < distance(losses, courses[other].losses) / 5,
      `${precision} ${losses}`,
    );
    const weights = [conv, hidden, last].flatMap((layer) => [...layer!.weights.W!.data, ...layer!.weights.B!.data]);
    const [near, far] = [own, other].map((course) => courses[course].end.flatMap(({ data }) => [...data]));
    t.true(distance(weights, near!) < distance(weights, far!) / 5, precision);
  }
});

/** Convolutions, norms, pools and fully connected layers. */
function deepNet(options: Partial<HyperParameterOptions> = {}): NeuralNet {
  const params = {
    netType: 'fitting',
    initMethod: 'msra',
    learningRate: 0.01,
    seed: 3,
    precision: 'bfloat16',
  } as const;
  const net = new NeuralNet(new HyperParameters({ ...params, ...options }), 'net');
  const layers: Layer[] = [
    new ConvLayer({ inputShape: [3, 10, 9], filters: 16, kernelSize: 3, padding: 1 }),
    new ActivationLayer('relu'),
    new ConvLayer({ inputShape: [16, 10, 9], filters: 16, kernelSize: 3, padding: 1 }),
    new ActivationLayer('relu'),
    new MaxPoolLayer({ inputShape: [16, 10, 9], poolSize: 2 }),
    new BatchNormLayer(16),
    new FlattenLayer(),
    new FullyConnectedLayer(320, 128),
    new ActivationLayer('relu'),
    new FullyConnectedLayer(128, 1),
  ];
  for (const layer of layers) net.addLayer(layer);
  return net;
}

const images = randomTensor([70, 3, 10, 9], 1).clone('float32');
const targets = randomTensor([70, 1], 2).clone('float32');

test.serial('the bits are the same on any number of threads', async (t) => {
  const results: number[][] = [];
  for (const threads of [1, 2, 3]) {
    setThreads(threads);
    const net = deepNet({ optimizer: 'adam', maxEpoch: 3, batchSize: 32 });
    await net.train(DataReader.fromTensors({ xTrain: images, yTrain: targets }));
    results.push([...weightsOf(net), ...net.inference(images).data]);
  }
  t.deepEqual(results[1], results[0]);
  t.deepEqual(results[2], results[0]);
  t.true(results[0]!.every(Number.isFinite));
});

for (const optimizer of ['sgd', 'adam'] as const) {
  test(`train, trainOnBatch and calls of the net compute the same bits › ${optimizer}`, async (t) => {
    const [trained, stepped, called] = [1, 2, 3].map(() => deepNet({ optimizer, maxEpoch: 3, batchSize: -1 }));
    await trained!.train(DataReader.fromTensors({ xTrain: images, yTrain: targets }), { shuffle: false });
    for (let step = 0; step < 3; step++) {
      stepped!.trainOnBatch(images, targets);
      called!.preUpdateWeights();
      called!.forward(images, true);
      called!.backward(targets);
      called!.updateWeights();
    }
    t.deepEqual(weightsOf(stepped!), weightsOf(called!));
    t.deepEqual(weightsOf(trained!), weightsOf(stepped!));
    const plain = deepNet({ optimizer, maxEpoch: 3, batchSize: -1, precision: 'float32' });
    for (let step = 0; step < 3; step++) plain.trainOnBatch(images, targets);
    t.notDeepEqual(weightsOf(plain), weightsOf(stepped!));
  });
}

/** One weight and one bias, neither of which bfloat16 holds. */
function lineNet(options: Partial<HyperParameterOptions> = {}): NeuralNet {
  const layer = new FullyConnectedLayer(1, 1);
  layer.setWeights({ W: Tensor.from([[1.003]]), B: Tensor.from([[0.1234567]]) });
  const params = new HyperParameters({ netType: 'fitting', precision: 'bfloat16', ...options });
  return new NeuralNet(params, 'line').addLayer(layer);
}

test('predictions multiply rounded factors; weights, biases and outputs are float32', (t) => {
  const net = lineNet();
  const x = 3.0101;
  const expected = float(float(rounded(x) * rounded(1.003)) + float(0.1234567));
  const rows = Tensor.from([[x]]);
  for (const a of [net.inference(rows), net.forward(rows, false)]) t.is(a.data[0], expected);
  t.is(net.layers[0]!.weights.W!.data[0], float(1.003));
  // Evaluations compute as training does.
  t.is(net.test(rows, Tensor.from([[expected]])).loss, 0);
});

test('a file holds the weights in float32, and the precision', async (t) => {
  const folder = await temporaryFolder(t);
  const net = lineNet();
  await net.save(`${folder}/line.safetensors`);
  const loaded = await NeuralNet.load(`${folder}/line.safetensors`);
  t.is(loaded.params.precision, 'bfloat16');
  t.deepEqual(weightsOf(loaded), weightsOf(net));
  const rows = rowsOfNumbers(5, 1);
  t.deepEqual(loaded.inference(rows).data, net.inference(rows).data);
});

test('small steps are not lost, since the weights are float32', (t) => {
  // Half of the distance from 1 to the next bfloat16 number would be lost by rounding the weight.
  const layer = new FullyConnectedLayer(1, 1, { useBias: false });
  layer.setWeights({ W: Tensor.from([[1]]) });
  const params = new HyperParameters({ netType: 'fitting', precision: 'bfloat16', learningRate: 2 ** -12 });
  const net = new NeuralNet(params, 'net').addLayer(layer);
  const [x, y] = [Tensor.from([[1]]), Tensor.from([[0]])];
  for (let step = 0; step < 8; step++) net.trainOnBatch(x, y);
  // The product itself sees a weight of 1 until the weight is nearer to the bfloat16 number below it.
  t.is(layer.weights.W!.data[0], 1 - 8 * 2 ** -12);
});

test('losses compute in float32, even those that multiply matrices', (t) => {
  class Product extends Loss {
    override call(ops: Ops, output: Value, target: Value): Value {
      const factor = ops.reshape(ops.add(1.003, 0), [1, 1]); // no number of bfloat16
      return ops.mean(ops.square(ops.subtract(ops.matmul(output, factor), target)), -1);
    }
  }
  const losses = (['float32', 'bfloat16'] as const).map((precision) => {
    const layer = new FullyConnectedLayer(1, 1, { useBias: false });
    layer.setWeights({ W: Tensor.from([[1]]) });
    const params = new HyperParameters({ loss: new Product(), precision, learningRate: 1 });
    const net = new NeuralNet(params, 'net').addLayer(layer);
    const { loss } = net.trainOnBatch(Tensor.from([[1]]), Tensor.from([[0.1]]));
    return loss;
  });
  t.is(losses[1], losses[0]);
});

for (const rows of [5, 40]) {
  test(`recurrent layers compute in float32 › ${rows} rows`, (t) => {
    const [x, y] = [randomTensor([rows, 6, 3], 4).clone('float32'), randomTensor([rows, 8], 5).clone('float32')];
    const [plain, net] = (['float32', 'bfloat16'] as const).map((precision) => {
      const params = new HyperParameters({ netType: 'fitting', precision, seed: 2 });
      return new NeuralNet(params, 'net').addLayer(new LstmLayer(8));
    });
    for (let step = 0; step < 2; step++) t.is(net!.trainOnBatch(x, y).loss, plain!.trainOnBatch(x, y).loss);
    t.deepEqual(weightsOf(net!), weightsOf(plain!));
  });
}

test.serial('a column that rounding would merge is named', async (t) => {
  const warnings: string[] = [];
  const listen = ({ message }: Error) => warnings.push(message);
  process.on('warning', listen);
  t.teardown(() => process.off('warning', listen));
  const years = Tensor.from([
    [0.5, 2000],
    [0.1, 2010],
    [0.7, 2020],
  ]);
  const reader = () => DataReader.fromTensors({ xTrain: years, yTrain: Tensor.from([[0], [0.1], [0.2]]) });
  const train = async (precision: 'float32' | 'bfloat16', data: DataReader) => {
    const net = fittingNet([2, 1], { precision, maxEpoch: 1, learningRate: 1e-9 });
    await net.train(data);
    await new Promise((resolve) => setImmediate(resolve));
  };
  await train('float32', reader());
  const scaled = reader();
  scaled.normalizeX();
  await train('bfloat16', scaled);
  await train('bfloat16', fittingReader(20, 2));
  const own = () => warnings.filter((message) => message.includes('bfloat16'));
  t.deepEqual(own(), []);
  await train('bfloat16', reader());
  t.deepEqual(own(), [
    "Net 'test net' computes in bfloat16, which hardly tells the numbers of column 2 of x apart: they lie between 2000 " +
      'and 2020. Call reader.normalizeX() before train',
  ]);
});
