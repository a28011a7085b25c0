import { stat } from 'node:fs/promises';
import test from 'ava';
import {
  ActivationLayer,
  ConcatenateLayer,
  Conv1dLayer,
  ConvLayer,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
  HyperParameters,
  input,
  type Layer,
  LstmLayer,
  MaskLayer,
  MaxPoolLayer,
  NeuralNet,
  QuantizedConv1dLayer,
  QuantizedConvLayer,
  QuantizedFullyConnectedLayer,
  readSafetensors,
  setThreads,
  Tensor,
} from 'blasnet';
import { badArgument, notFinite, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, numbers, rowsOfNumbers } from '../support/nets.js';
import { differences } from '../support/numerics.js';

const params = (seed = 3) => new HyperParameters({ netType: 'fitting', seed });

const chain = (...layers: readonly Layer[]) => {
  const net = new NeuralNet(params(), 'net');
  for (const [i, layer] of layers.entries()) net.addLayer(layer, `l${i + 1}`);
  return net;
};

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** Rounds to the nearest, halves to the even number. */
const rint = (x: number) => {
  const near = Math.round(x);
  return near - x === 0.5 && near % 2 !== 0 ? near - 1 : near;
};

test('quantize › weights, scales and bytes are those of the formulas', async (t) => {
  const layer = new FullyConnectedLayer(3, 2);
  const W = Tensor.from([
    [1, -0.5],
    [-2, 0.25],
    [0.5, 0],
  ]);
  layer.setWeights({ W, B: Tensor.from([[0.125, -1]]) });
  const { net, report } = await chain(layer).quantize(
    Tensor.from([
      [-1, 0, 1],
      [0.5, 4.1, 0],
    ]),
  );
  const { W: q, scale, inputScale, inputZero, B } = net.layers[0]!.weights;
  const scales = [2 / 127, 0.5 / 127].map(Math.fround);
  t.deepEqual([...scale!.data], scales);
  t.deepEqual(q!.toArray(), [
    [64, -127],
    [-127, 64],
    [32, 0],
  ]); // 63.5 is no half any more, since float32 makes the scale smaller
  t.deepEqual([...inputScale!.data], [Math.fround(Math.fround(5.1) / 255)]);
  t.deepEqual([...inputZero!.data], [50]);
  t.deepEqual([...B!.data], [0.125, -1]);
  const [found] = report.layers;
  t.like(found, { name: 'l1', kind: 'fully connected', isQuantized: true, reason: undefined });
  t.is(found!.input!.low, -1);
  t.is(found!.input!.zero, 50);
  t.is(report.rows, 2);
});

for (const [name, make, shape] of [
  ['fully connected', () => new FullyConnectedLayer(7, { activation: 'relu' }), [30, 13]],
  ['fully connected on sequences, without bias', () => new FullyConnectedLayer(7, { useBias: false }), [6, 5, 9]],
  ['convolution', () => new ConvLayer({ filters: 9, kernelSize: 3, padding: 'same', stride: 2 }), [4, 5, 11, 19]],
  ['convolution of one channel', () => new ConvLayer({ filters: 9, kernelSize: [5, 4], dilation: 2 }), [4, 1, 16, 19]],
  ['convolution 1d', () => new Conv1dLayer({ filters: 6, kernelSize: 3, padding: 'causal', dilation: 2 }), [4, 12, 5]],
] as const) {
  test(`quantize › ${name}: the outputs are those of the rounded weights and inputs in plain arithmetic`, async (t) => {
    const layer: Layer = make();
    const x = Tensor.from(numbers(sizeOf(shape), 5), [...shape]);
    const { net } = await chain(layer).quantize(x);
    const { W, scale, inputScale, inputZero, B } = net.layers[0]!.weights;
    // The same layer in float64, on what the bytes stand for: what is left is the rounding of float32 sums.
    const zero = inputZero!.data[0]!;
    const inverse = Math.fround(1 / inputScale!.data[0]!);
    const bytes = x.data.map((value) => Math.min(Math.max(rint(Math.fround(value * inverse)) + zero, 0), 255));
    const exact = make() as Layer;
    const rows = Tensor.from(
      Float64Array.from(bytes, (byte) => (byte - zero) * inputScale!.data[0]!),
      [...shape],
    );
    const isLast = !(layer instanceof ConvLayer);
    const outputs = scale!.size;
    const weights = Float64Array.from(W!.data, (q, i) => {
      return q * scale!.data[isLast ? i % outputs : Math.floor(i / (W!.size / outputs))]!;
    });
    const twin = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64' }), 'twin').addLayer(exact);
    twin.inference(rows);
    exact.setWeights({ W: Tensor.from(weights, W!.shape), ...(B && { B: B.clone('float64') }) });
    const expected = twin.inference(rows);
    const received = net.inference(x);
    t.deepEqual(received.shape, expected.shape);
    t.deepEqual(differences(received.data, expected.data, { rtol: 1e-5, atol: 1e-5 }), []);
  });
}

const images = () =>
  chain(
    new ConvLayer({ filters: 8, kernelSize: 3, padding: 'same', activation: 'relu' }),
    new MaxPoolLayer({ poolSize: 2 }),
    new ConvLayer({ filters: 12, kernelSize: 3, activation: 'relu' }),
    new GlobalAveragePoolLayer(),
    new DropoutLayer(0.5),
    new FullyConnectedLayer(5),
  );
const imageRows = (count: number) => Tensor.from(numbers(count * 2 * 100, 4), [count, 2, 10, 10]);

test('quantize › the net stays as it is, and the report names what each layer and the net lose', async (t) => {
  const net = images();
  const x = imageRows(40);
  const before = net.inference(x);
  const { net: small, report } = await net.quantize(x);
  t.deepEqual(net.inference(x).data, before.data);
  t.deepEqual(small.layerNames, net.layerNames);
  t.deepEqual(
    report.layers.map(({ name, isQuantized, reason }) => [name, isQuantized, reason]),
    [
      ['l1', true, undefined],
      ['l2', false, 'no weights'],
      ['l3', true, undefined],
      ['l4', false, 'no weights'],
      ['l5', false, 'no weights'],
      ['l6', true, undefined],
    ],
  );
  const after = small.inference(x);
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const noise = sum(before.data.map((value, i) => (value - after.data[i]!) ** 2));
  const signal = sum(before.data.map((value) => value ** 2));
  const { signalToNoise, relativeError } = report.outputs.l6!;
  t.true(Math.abs(signalToNoise - 10 * Math.log10(signal / noise)) < 0.01);
  t.true(Math.abs(relativeError - Math.sqrt(noise / signal)) < 1e-5);
  t.true(signalToNoise > 20, `${signalToNoise}`);
  for (const { name, isQuantized, error } of report.layers) {
    t.is(error !== undefined, isQuantized, name);
    if (error) t.true(error.signalToNoise > 25, `${name}: ${error.signalToNoise}`);
  }
});

test('quantize › the error of a layer is that on the inputs of the float32 net', async (t) => {
  const net = fittingNet([6, 20, 3]);
  const x = rowsOfNumbers(50, 6);
  const { net: small, report } = await net.quantize(x);
  const [fc1, relu, fc2] = net.layers;
  const hidden = relu!.forward(fc1!.forward(x, false), false);
  const expected = fc2!.forward(hidden, false);
  const received = small.layers[2]!.forward(hidden, false);
  let [signal, noise] = [0, 0];
  for (const [i, y] of expected.data.entries()) {
    signal += y * y;
    noise += (y - received.data[i]!) ** 2;
  }
  t.true(Math.abs(report.layers[2]!.error!.relativeError - Math.sqrt(noise / signal)) < 1e-6);
});

test('quantize › the same bits with any number of threads', async (t) => {
  const { net } = await images().quantize(imageRows(40));
  const wide = (await fittingNet([700, 900, 4]).quantize(rowsOfNumbers(64, 700))).net;
  const outputs = [1, 2, 3].map((threads) => {
    setThreads(threads);
    return [net.inference(imageRows(64)), wide.inference(rowsOfNumbers(64, 700, 7))].map(({ data }) => data.slice());
  });
  setThreads(1);
  t.deepEqual(outputs[1], outputs[0]);
  t.deepEqual(outputs[2], outputs[0]);
});

test('quantize › exclude keeps layers in float32, with their weights', async (t) => {
  const net = fittingNet([4, 8, 2]);
  const { net: small, report } = await net.quantize(rowsOfNumbers(20, 4), { exclude: ['fc1'] });
  t.true(small.getLayer('fc1') instanceof FullyConnectedLayer);
  t.deepEqual(small.getLayer('fc1').weights.W!.data, net.getLayer('fc1').weights.W!.data);
  t.true(small.getLayer('fc2') instanceof QuantizedFullyConnectedLayer);
  t.is(report.layers[0]!.reason, 'excluded');
});

test('quantize › percentile leaves out the smallest and largest numbers', async (t) => {
  const net = fittingNet([10, 3]);
  const x = rowsOfNumbers(1000, 10);
  x.data[17] = 100;
  const { report } = await net.quantize(x, { percentile: 99.9 });
  const { low, high } = report.layers[0]!.input!;
  const sorted = x.data.toSorted();
  const bin = (100 - sorted[0]!) / 4096;
  t.true(Math.abs(high - sorted[sorted.length - 6]!) <= bin, `${high}`);
  t.true(Math.abs(low - sorted[5]!) <= bin, `${low}`);
  t.is((await net.quantize(x)).report.layers[0]!.input!.high, 100);
});

test('quantize › graphs: several inputs and outputs, a layer that is applied twice', async (t) => {
  const [a, b] = [input([6], { name: 'a' }), input([6], { name: 'b' })];
  const look = new FullyConnectedLayer(8, { activation: 'tanh' });
  const [left, right] = [look.apply(a), look.apply(b)];
  const joined = new ConcatenateLayer().apply([left, right]);
  const outputs = [new FullyConnectedLayer(2).apply(joined, 'both'), new FullyConnectedLayer(1).apply(left, 'one')];
  const net = NeuralNet.fromGraph({ inputs: [a, b], outputs }, params(), 'graph');
  const rows = { a: rowsOfNumbers(30, 6, 1), b: rowsOfNumbers(30, 6, 2) };
  const { net: small, report } = await net.quantize(rows);
  t.deepEqual(Object.keys(report.outputs), ['both', 'one']);
  const [expected, received] = [net, small].map((one) => one.inference<Record<string, Tensor>>(rows));
  for (const name of ['both', 'one']) {
    t.deepEqual(differences(received![name]!.data, expected![name]!.data, { rtol: 0, atol: 0.06 }), [], name);
  }
});

test('quantize › masked steps count as zeros in a convolution over steps', async (t) => {
  const net = chain(
    new MaskLayer({ value: 9 }),
    new Conv1dLayer({ filters: 4, kernelSize: 3, padding: 'same' }),
    new LstmLayer(3),
  );
  const x = Tensor.from(numbers(5 * 8 * 2), [5, 8, 2]);
  x.data.fill(9, 8 * 2 - 6, 8 * 2); // the last three steps of the first row
  const { net: small, report } = await net.quantize(x);
  t.is(report.layers[2]!.reason, 'no int8 form of lstm');
  t.deepEqual(differences(small.inference(x).data, net.inference(x).data, { rtol: 0, atol: 0.05 }), []);
});

test('quantize › raw rows are prepared first', async (t) => {
  const net = fittingNet([2, 3]);
  net.preparation = { inputShape: [2], x: { per: 'column', divisor: 1, offset: [100, 50], scale: [10, 5] } };
  const raw = Tensor.from([
    [90, 45],
    [110, 60],
  ]);
  const { net: small, report } = await net.quantize(raw, { raw: true });
  t.deepEqual([report.layers[0]!.input!.low, report.layers[0]!.input!.high], [-100, 100]); // (x − offset) · scale
  t.deepEqual(small.preparation, net.preparation);
});

test('quantize › files hold a byte for each weight, and the same net', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([100, 200, 100]);
  const x = rowsOfNumbers(20, 100);
  const { net: small } = await net.quantize(x);
  await net.save(`${folder}/float.safetensors`);
  await small.save(`${folder}/int8.safetensors`);
  const [large, little] = await Promise.all(['float', 'int8'].map((name) => stat(`${folder}/${name}.safetensors`)));
  t.true(little!.size < large!.size / 3.5, `${little!.size} of ${large!.size}`);
  const { tensors } = await readSafetensors(`${folder}/int8.safetensors`);
  t.true(tensors['fc1.W']!.data instanceof Int8Array);
  const loaded = await NeuralNet.load(`${folder}/int8.safetensors`);
  t.deepEqual(loaded.inference(x).data, small.inference(x).data);
  await small.saveWeights(`${folder}/weights`);
  const other = (await fittingNet([100, 200, 100], { seed: 8 }).quantize(x)).net;
  const before = other.inference(x);
  t.notDeepEqual(before.data, small.inference(x).data);
  await other.loadWeights(`${folder}/weights`); // a plan has been recorded: it must see the new weights
  t.deepEqual(other.inference(x).data, small.inference(x).data);
});

test('quantize › setWeights reaches plans that are recorded, and refuses what is no int8 weight', async (t) => {
  const layer = new QuantizedFullyConnectedLayer({ inputs: 2, outputs: 1 });
  const net = chain(layer);
  const x = Tensor.from([[3, 2]]);
  t.deepEqual([...net.inference(x).data], [0]);
  layer.setWeights({ W: Tensor.from([[2], [-1]]) });
  t.deepEqual([...net.inference(x).data], [4]);
  for (const [name, values, message] of [
    ['W', [[0.5], [1]], /Expected whole numbers from -128 to 127 for fully connected int8 W but received 0.5/],
    ['W', [[128], [1]], /Expected whole numbers from -128 to 127 for fully connected int8 W but received 128/],
    ['scale', [[0]], /Expected finite numbers above 0 for fully connected int8 scale but received 0/],
    ['inputScale', [Number.NaN], /finite number above 0 for fully connected int8 inputScale/],
    ['inputZero', [256], /whole number from 0 to 255 for fully connected int8 inputZero but received 256/],
  ] as const) {
    t.throws(() => layer.setWeights({ [name]: Tensor.from(untyped<number[]>(values)) }), badArgument(message));
  }
  t.deepEqual([...net.inference(x).data], [4]);
  layer.weights.W!.data.fill(100); // a copy
  t.deepEqual([...net.inference(x).data], [4]);
});

test('quantize › a net with int8 weights refuses to train', async (t) => {
  const { net } = await fittingNet([3, 4, 1]).quantize(rowsOfNumbers(9, 3));
  const message =
    /Expected float32 weights for .* but received 'int8 weights, which only predict \(layer 'fc1'\)'; train/;
  await t.throwsAsync(net.train(fittingReader(20, 3)), badArgument(message));
  t.throws(() => net.trainOnBatch(rowsOfNumbers(9, 3), Tensor.zeros([9, 1])), badArgument(message));
  net.forward(rowsOfNumbers(9, 3));
  t.throws(() => net.backward(Tensor.zeros([9, 1])), badArgument(message));
  const layer = net.getLayer('fc1');
  layer.forward(rowsOfNumbers(9, 3));
  t.throws(() => layer.backward(Tensor.zeros([9, 4])), badArgument(/int8 weights, which only predict/));
  t.true(Number.isFinite(net.test(rowsOfNumbers(9, 3), Tensor.zeros([9, 1])).loss));
});

test('quantize › bad input', async (t) => {
  const net = fittingNet([3, 4, 1]);
  const x = rowsOfNumbers(9, 3);
  await t.throwsAsync(net.quantize(Tensor.zeros([0, 3])), badArgument(/at least one row/));
  await t.throwsAsync(net.quantize(rowsOfNumbers(9, 4)), shapeMismatch(/3/));
  await t.throwsAsync(net.quantize(untyped<Tensor>(undefined)), badArgument(/Tensor/));
  x.data[4] = Number.NaN;
  await t.throwsAsync(net.quantize(x), notFinite(/Expected finite numbers in calibration row 1 but received NaN/));
  const good = rowsOfNumbers(9, 3);
  await t.throwsAsync(net.quantize(good, { percentile: 101 }), badArgument(/percentile/));
  await t.throwsAsync(
    net.quantize(good, { exclude: ['fc9'] }),
    badArgument(/fc1, relu1, fc2 for exclude but received .?fc9/),
  );
  await t.throwsAsync(net.quantize(good, untyped({ percent: 1 })), badArgument(/percent/));
  await t.throwsAsync(
    net.quantize(good, { exclude: ['fc1', 'fc2'] }),
    badArgument(/Expected a fully connected or convolution layer that can have int8 weights for the net/),
  );
  await t.throwsAsync(
    fittingNet([3, 1], { dtype: 'float64' }).quantize(Tensor.zeros([2, 3], 'float64')),
    badArgument(/float32 for the dtype of the net/),
  );
  net.getLayer('fc2').weights.W!.data[0] = Number.POSITIVE_INFINITY;
  await t.throwsAsync(net.quantize(good), notFinite(/Expected finite weights in layer 'fc2' but received Infinity/));
  t.throws(() => new QuantizedConvLayer({ filters: 0, kernelSize: 3 }), badArgument(/filters/));
  t.throws(
    () => new QuantizedConv1dLayer({ filters: 2, kernelSize: 2, padding: untyped('no') }),
    badArgument(/padding/),
  );
  t.throws(() => chain(new ActivationLayer('relu'), new FlattenLayer()).getLayer('none'), badArgument(/none/));
});
