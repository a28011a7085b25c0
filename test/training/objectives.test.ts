// Losses and metrics of nets: records, what is monitored, weights of rows, several outputs.
import test from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  createLoss,
  createMetric,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  input,
  Loss,
  Metric,
  type MetricOptions,
  type MetricValues,
  NeuralNet,
  type Ops,
  type Prediction,
  Tensor,
  type TrainOptions,
  type Value,
} from 'blasnet';
import { startServer } from 'blasnet/serve';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { rowsOfNumbers, weightsOf } from '../support/nets.js';
import { differences, sumOf } from '../support/numerics.js';
import { streamOf } from '../support/objectives.js';

/** Weights do not change: figures of training are those of the net. */
const still = { optimizer: 'sgd', learningRate: 1e-300, dtype: 'float64' } as const;

const float64 = (rows: number, columns: number, seed: number) => rowsOfNumbers(rows, columns, seed).clone('float64');

/** One-hot rows of the class that the features suggest, with errors. */
function classesOf(x: Tensor, classes: number): Tensor {
  const y = Tensor.zeros([x.rows, classes], x.dtype);
  for (let i = 0; i < x.rows; i++) {
    const features = [...x.data.subarray(i * x.rowSize, i * x.rowSize + classes)];
    y.data[i * classes + (i % 7 === 0 ? 0 : features.indexOf(Math.max(...features)))] = 1;
  }
  return y;
}

function answersOf(x: Tensor, columns = 1): Tensor {
  const y = Tensor.zeros([x.rows, columns], x.dtype);
  for (let i = 0; i < y.size; i++) y.data[i] = Number(x.data[i] !== undefined && x.data[i]! + x.data[i + 1]! > 0.1);
  return y;
}

/** A net of one hidden layer. */
function netWith(options: HyperParameterOptions, outputs: number, last?: 'softmax' | 'sigmoid'): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ dtype: 'float64', seed: 4, ...options }), 'net')
    .addLayer(new FullyConnectedLayer(4, 6), 'fc1')
    .addLayer(new ActivationLayer('tanh'), 'tanh')
    .addLayer(new FullyConnectedLayer(6, outputs), 'fc2');
  return last ? net.addLayer(new ClassificationLayer(last), 'last') : net;
}

const x = float64(50, 4, 1);
const numbersY = float64(50, 2, 2);

/** Labels, a last layer and metrics that suit a task. */
const tasks: Readonly<
  Record<
    string,
    { y: Tensor; last?: 'softmax' | 'sigmoid'; loss: 'huber' | 'crossEntropy' | 'focal'; all: MetricOptions[] }
  >
> = {
  numbers: {
    y: numbersY,
    loss: 'huber',
    all: ['r2', 'meanSquaredError', 'rootMeanSquaredError', 'meanAbsoluteError', 'meanAbsolutePercentageError'],
  },
  classes: {
    y: classesOf(x, 3),
    last: 'softmax',
    loss: 'crossEntropy',
    all: [
      ...(['accuracy', 'precision', 'recall', 'rocAuc', 'prAuc', 'confusionMatrix', 'logLoss'] as const),
      { name: 'topK', k: 2 },
      { name: 'f1', average: 'weighted' },
    ],
  },
  answers: {
    y: answersOf(x),
    last: 'sigmoid',
    loss: 'focal',
    all: ['accuracy', { name: 'f1', threshold: 0.4 }, 'rocAuc', 'prAuc', 'confusionMatrix', 'precision', 'recall'],
  },
};

const flat = (values: MetricValues | undefined) =>
  Object.values(values ?? {}).flatMap((value) => [value].flat(2) as number[]);

for (const [task, { y, last, loss, all }] of Object.entries(tasks)) {
  test(`${task}: metrics of records, test and streams are those of all rows at once`, async (t) => {
    const net = netWith({ loss, metrics: all, ...still, batchSize: 7, maxEpoch: 2 }, y.rowSize, last);
    const [xTrain, yTrain, xDev, yDev] = [x.slice(0, 33), y.slice(0, 33), x.slice(33, 50), y.slice(33, 50)];
    const named = (rows: Tensor, labels: Tensor) => {
      const outputs = net.inference(rows);
      return Object.fromEntries(all.map(createMetric).map((metric) => [metric.name, metric.evaluate(outputs, labels)]));
    };
    const near = (values: MetricValues | undefined, expected: MetricValues, what: string) => {
      t.deepEqual(Object.keys(values ?? {}), Object.keys(expected), what);
      t.deepEqual(differences(flat(values), flat(expected), { rtol: 1e-9, atol: 1e-12 }, what), []);
    };
    const memory = () => {
      const reader = DataReader.fromTensors({ xTrain, yTrain, xTest: xDev, yTest: yDev });
      return reader;
    };
    const validated = memory();
    validated.generateValidationSet(4);
    for (const reader of [validated, memory(), await streamOf(xTrain, yTrain, 5)]) {
      const { records } = await net.train(reader, { shuffle: true });
      t.is(records.length, 2);
      for (const record of records) {
        const [rows, labels] = reader.trainingStream ? [xTrain, yTrain] : [reader.xTrain, reader.yTrain];
        near(record.metrics, named(rows, labels), 'training');
        const lossTrain = createLoss(loss).evaluate(net.inference(rows), labels);
        if (loss !== 'focal') t.deepEqual(differences([record.lossTrain], [lossTrain], { rtol: 1e-9 }), []);
        if (reader !== validated) t.is(record.validationMetrics, undefined);
        else near(record.validationMetrics, named(reader.xDev, reader.yDev), 'validation');
      }
    }
    near(net.test(xDev, yDev).metrics, named(xDev, yDev), 'test');
    const history = await net.train(memory(), { needTest: true });
    near(history.test?.metrics, named(xDev, yDev), 'needTest');
  });
}

test('progress has the metrics that are known at any time', async (t) => {
  const net = netWith({ loss: 'huber', metrics: ['meanAbsoluteError'], ...still, batchSize: 7, maxEpoch: 1 }, 2);
  const seen: (MetricValues | undefined)[] = [];
  await net.train(DataReader.fromTensors({ xTrain: x, yTrain: numbersY }), {
    onProgress: ({ metrics }) => void seen.push(metrics),
    callbacks: [{ onEpochEnd: ({ metrics }) => void seen.push(metrics) }],
  });
  const expected = createMetric('meanAbsoluteError').evaluate(net.inference(x), numbersY) as number;
  t.true(seen.length >= 2);
  for (const metrics of seen.slice(-2)) t.true(Math.abs((metrics!.meanAbsoluteError as number) - expected) < 1e-12);
});

test('netType is short for a loss and a figure: the same bits', async (t) => {
  for (const [netType, loss, y, last] of [
    ['fitting', 'meanSquaredError', numbersY, undefined],
    ['binaryClassifier', 'binaryCrossEntropy', answersOf(x), 'sigmoid'],
    ['multipleClassifier', 'crossEntropy', classesOf(x, 3), 'softmax'],
  ] as const) {
    const reader = () => DataReader.fromTensors({ xTrain: x, yTrain: y });
    const [short, long] = [{ netType }, { loss }].map((options) =>
      netWith({ ...options, batchSize: 8, maxEpoch: 3 }, y.rowSize, last),
    );
    t.is(long!.params.netType, netType);
    const [expected, received] = [await short!.train(reader()), await long!.train(reader())];
    t.deepEqual(received.records, expected.records);
    t.deepEqual(weightsOf(long!), weightsOf(short!));
    t.is(expected.records[0]!.metrics, undefined);
  }
});

// —— what is monitored ——

/** Trains beyond the point where a metric is best on other rows, and tells the metric at each checkpoint. */
async function watched(monitor: string, options: Partial<HyperParameterOptions> = {}, train: TrainOptions = {}) {
  const metrics = ['accuracy', 'rocAuc', 'meanAbsoluteError', 'logLoss'] as const;
  const net = netWith(
    { loss: 'binaryCrossEntropy', metrics, monitor, optimizer: 'adam', learningRate: 0.1, maxEpoch: 40, ...options },
    1,
    'sigmoid',
  );
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: answersOf(float64(50, 4, 9)) });
  reader.generateValidationSet(3);
  const weights: number[][] = [];
  const history = await net.train(reader, { ...train, onCheckpoint: () => void weights.push(weightsOf(net)) });
  const figure = ({ validationMetrics, lossValidation }: (typeof history.records)[number]) =>
    monitor === 'loss' ? lossValidation! : (validationMetrics![monitor] as number);
  return { net, history, weights, figures: history.records.map(figure) };
}

for (const [monitor, best] of [
  ['loss', Math.min],
  ['logLoss', Math.min],
  ['meanAbsoluteError', Math.min],
  ['accuracy', Math.max],
  ['rocAuc', Math.max],
] as const) {
  test(`monitor ${monitor}: best, restoreBest and earlyStop go by it`, async (t) => {
    const { net, history, weights, figures } = await watched(monitor, {}, { restoreBest: true });
    const at = figures.indexOf(best(...figures));
    t.is(history.records.indexOf(history.best), at);
    t.deepEqual(weightsOf(net), weights[at]);
    const stopped = await watched(monitor, { regularizer: { method: 'earlyStop', value: 3 } });
    t.is(stopped.history.stopReason, 'earlyStop');
    const own = stopped.figures;
    t.is(own.length - 1 - own.indexOf(best(...own)), 3);
    t.deepEqual(own, figures.slice(0, own.length));
  });
}

test('monitor: reduceOnPlateau lowers the rate by the figure, whichever direction is better', async (t) => {
  const schedule = { kind: 'reduceOnPlateau', patience: 1, factor: 0.5 } as const;
  for (const [monitor, sign] of [
    ['rocAuc', -1],
    ['logLoss', 1],
  ] as const) {
    const { history, figures } = await watched(monitor, { learningRateSchedule: schedule });
    let [best, bad, rate] = [Number.POSITIVE_INFINITY, 0, 0.1];
    const expected = figures.map((figure) => {
      const used = rate;
      const score = sign * figure;
      const isBetter = score < best - Math.abs(best === Number.POSITIVE_INFINITY ? 0 : best) * 1e-4;
      if (isBetter) [best, bad] = [score, 0];
      else if (++bad > 1) [rate, bad] = [rate / 2, 0];
      return used;
    });
    t.true(new Set(expected).size > 1);
    t.deepEqual(
      history.records.map(({ learningRate }) => learningRate),
      expected,
    );
  }
});

test('without a validation set, training figures are monitored', async (t) => {
  const net = netWith({ loss: 'huber', metrics: ['meanAbsoluteError'], monitor: 'meanAbsoluteError', maxEpoch: 6 }, 2);
  const { best, records } = await net.train(DataReader.fromTensors({ xTrain: x, yTrain: numbersY }));
  const figures = records.map(({ metrics }) => metrics!.meanAbsoluteError!);
  t.is(best, records[figures.indexOf(Math.min(...figures))]!);
});

// —— weights of rows ——

const weighed = (sampleWeight: Tensor | undefined, options: Partial<HyperParameterOptions> = {}, shuffle = false) => {
  const net = netWith({ netType: 'fitting', batchSize: -1, maxEpoch: 5, ...options }, 2);
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: numbersY });
  return net.train(reader, { sampleWeight, shuffle }).then(({ records }) => ({ net, records }));
};

test('sampleWeight: shuffled rows keep their weights, and ones change nothing', async (t) => {
  const weights = Tensor.from(
    float64(50, 1, 7).data.map((value) => value + 1),
    [50],
  );
  const [ordered, shuffled] = [await weighed(weights), await weighed(weights, {}, true)];
  const near = { rtol: 1e-9, atol: 1e-13 };
  t.deepEqual(differences(weightsOf(shuffled.net), weightsOf(ordered.net), near), []);
  const column = await weighed(weights.reshape([50, 1]).clone('float32'));
  t.deepEqual(differences(weightsOf(column.net), weightsOf(ordered.net), { rtol: 1e-5, atol: 1e-7 }), []);
  const [plain, ones] = [await weighed(undefined), await weighed(Tensor.from(new Float64Array(50).fill(1), [50]))];
  t.deepEqual(differences(weightsOf(ones.net), weightsOf(plain.net), near), []);
  t.notDeepEqual(weightsOf(ordered.net), weightsOf(plain.net));
});

test('sampleWeight weighs the training loss, not metrics and validation', async (t) => {
  const weights = Tensor.from(
    Float64Array.from({ length: 50 }, (_, i) => i % 3),
    [50],
  );
  const options = { ...still, loss: 'huber', metrics: ['meanAbsoluteError'], batchSize: 7, maxEpoch: 1 } as const;
  const { net, records } = await weighed(weights, options, true);
  const losses = Array.from({ length: 50 }, (_, i) =>
    createLoss('huber').evaluate(net.inference(x.slice(i, i + 1)), numbersY.slice(i, i + 1)),
  );
  const mean = sumOf(losses.map((one, i) => one * weights.data[i]!)) / 50;
  t.deepEqual(differences([records[0]!.lossTrain], [mean], { rtol: 1e-9 }), []);
  const error = createMetric('meanAbsoluteError').evaluate(net.inference(x), numbersY) as number;
  t.deepEqual(differences([records[0]!.metrics!.meanAbsoluteError!], [error], { rtol: 1e-9 }), []);
});

test('sampleWeight: a stream takes one for each of its rows, in its order', async (t) => {
  const weights = Tensor.from(
    Float64Array.from({ length: 50 }, (_, i) => (i % 5) / 2),
    [50],
  );
  const options = { batchSize: 7, maxEpoch: 3 };
  const { net: expected } = await weighed(weights, options);
  const net = netWith({ netType: 'fitting', ...options }, 2);
  await net.train(await streamOf(x, numbersY, 9), { sampleWeight: weights });
  t.deepEqual(weightsOf(net), weightsOf(expected));
});

test('sampleWeight: what does not fit is refused', async (t) => {
  const bad: [unknown, ReturnType<typeof badArgument>][] = [
    [[1, 2], badArgument(/^Expected a Tensor for sampleWeight but received/)],
    [
      Tensor.zeros([49]),
      shapeMismatch(/^Expected 50 numbers, one for each training row, for sampleWeight but received 49$/),
    ],
    [Tensor.zeros([50, 2]), shapeMismatch(/for sampleWeight but received 50 × 2$/)],
  ];
  for (const [at, value] of [
    [3, -1],
    [7, Number.NaN],
    [0, Number.POSITIVE_INFINITY],
  ] as const) {
    const weights = Tensor.zeros([50], 'float64');
    weights.data[at] = value;
    bad.push([weights, badArgument(new RegExp(`^Expected a finite number ≥ 0 for sampleWeight of row ${at} but`))]);
  }
  for (const [sampleWeight, error] of bad) await t.throwsAsync(weighed(untyped(sampleWeight)), error);
});

// —— labels ——

test('numbers of classes, as floats or int32, learn what one-hot rows do', async (t) => {
  const oneHot = classesOf(x, 3);
  const classes = Int32Array.from({ length: 50 }, (_, i) => oneHot.data.subarray(3 * i, 3 * i + 3).indexOf(1));
  const floats = Tensor.from(Float64Array.from(classes), [50, 1]);
  const options = { metrics: ['f1', 'rocAuc', 'confusionMatrix'], batchSize: 8, maxEpoch: 3 } as const;
  const expected = netWith({ loss: 'crossEntropy', ...options }, 3, 'softmax');
  const { records } = await expected.train(DataReader.fromTensors({ xTrain: x, yTrain: oneHot }));
  for (const reader of [
    DataReader.fromTensors({ xTrain: x, yTrain: floats }),
    DataReader.fromTensors({ xTrain: x, yTrain: Tensor.from(classes, [50], 'int32') }),
  ]) {
    const net = netWith({ loss: 'sparseCrossEntropy', ...options }, 3, 'softmax');
    const { records: own } = await net.train(reader);
    t.deepEqual(differences(weightsOf(net), weightsOf(expected), { rtol: 1e-9, atol: 1e-13 }), []);
    t.deepEqual(own.at(-1)!.metrics!.confusionMatrix, records.at(-1)!.metrics!.confusionMatrix);
    const { classes: named } = await net.predict(x);
    t.is(new Set(named).size > 1, true);
  }
  const far = floats.clone();
  far.data[7] = 3;
  const bad = DataReader.fromTensors({ xTrain: x, yTrain: far });
  await t.throwsAsync(
    netWith({ loss: 'sparseCrossEntropy' }, 3, 'softmax').train(bad),
    badArgument(/^Expected whole numbers from 0 to 2 for the label in row 7 of the training set but received 3$/),
  );
});

test('a checkpoint later than the end of the run takes no memory for rows that never come', async (t) => {
  const net = netWith({ loss: 'binaryCrossEntropy', metrics: ['rocAuc'], maxEpoch: 2 }, 1, 'sigmoid');
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: answersOf(x) });
  const { records } = await net.train(reader, { checkpoint: 1e12 });
  t.is(records.length, 1);
  t.true((records[0]!.metrics!.rocAuc as number) > 0);
});

// —— several outputs ——

function twoOutputs(options: Partial<HyperParameterOptions> = {}): NeuralNet {
  const rows = input([4]);
  const hidden = new FullyConnectedLayer(6, { activation: 'tanh' }).apply(rows, 'hidden');
  const price = new FullyConnectedLayer(2).apply(hidden, 'price');
  const kind = new ClassificationLayer('softmax').apply(new FullyConnectedLayer(3).apply(hidden, 'logits'), 'kind');
  const params = new HyperParameters({
    loss: { price: 'meanSquaredError', kind: 'crossEntropy' },
    lossWeights: { price: 0.25, kind: 2 },
    metrics: { price: ['r2', 'meanAbsoluteError'], kind: ['accuracy', 'rocAuc', 'confusionMatrix'] },
    dtype: 'float64',
    batchSize: 8,
    maxEpoch: 4,
    ...options,
  });
  return NeuralNet.fromGraph({ inputs: [rows], outputs: [price, kind] }, params, 'two');
}

const labels = { price: numbersY, kind: classesOf(x, 3) };

test('several outputs: losses and metrics by output, in records and in test', async (t) => {
  const net = twoOutputs();
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: labels, xTest: x, yTest: labels });
  reader.generateValidationSet(5);
  const { records, test: evaluation } = await net.train(reader, { needTest: true });
  const names = ['price.loss', 'price.r2', 'price.meanAbsoluteError'].concat([
    'kind.loss',
    'kind.accuracy',
    'kind.rocAuc',
    'kind.confusionMatrix',
  ]);
  for (const record of records) {
    t.deepEqual(Object.keys(record.metrics!), names);
    t.deepEqual(Object.keys(record.validationMetrics!), names);
    const { 'price.loss': price, 'kind.loss': kind } = record.validationMetrics!;
    const sum = 0.25 * (price as number) + 2 * (kind as number);
    t.deepEqual(differences([record.lossValidation!], [sum], { rtol: 1e-12 }), []);
    t.is(record.accuracyTrain, record.metrics!['price.r2'] as number);
  }
  const outputs = net.inference<Record<string, Tensor>>(x);
  const expected = ['meanSquaredError', 'crossEntropy'] as const;
  const ends = (['price', 'kind'] as const).map((name, i) =>
    createLoss(expected[i]!).evaluate(outputs[name]!, labels[name]),
  );
  const metrics = evaluation!.metrics!;
  t.deepEqual(differences([metrics['price.loss'], metrics['kind.loss']] as number[], ends, { rtol: 1e-9 }), []);
  t.deepEqual(net.test(x, labels), evaluation);
  t.deepEqual(metrics['kind.confusionMatrix'], createMetric('confusionMatrix').evaluate(outputs.kind!, labels.kind));
});

test('several outputs: monitor, one batch at a time, and by hand', async (t) => {
  const net = twoOutputs({ monitor: 'kind.rocAuc', maxEpoch: 8 });
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: labels });
  reader.generateValidationSet(5);
  const { best, records } = await net.train(reader);
  const figures = records.map(({ validationMetrics }) => validationMetrics!['kind.rocAuc'] as number);
  t.is(best, records[figures.indexOf(Math.max(...figures))]!);

  const [byPlan, byHand] = [twoOutputs({ optimizer: 'sgd' }), twoOutputs({ optimizer: 'sgd' })];
  t.is(byPlan.trainOnBatch(x, labels).loss, byHand.test(x, labels).loss);
  byHand.forward(x);
  byHand.backward(labels);
  byHand.updateWeights();
  t.deepEqual(differences(weightsOf(byPlan), weightsOf(byHand), { rtol: 1e-12, atol: 1e-15 }), []);
});

test('several outputs: raw rows get answers by output, after loading, too', async (t) => {
  const net = twoOutputs({ optimizer: 'adam', learningRate: 0.05, maxEpoch: 30 });
  const raw = Tensor.from(
    x.data.map((value) => 100 + 20 * value),
    [50, 4],
  );
  const price = Tensor.from(
    numbersY.data.map((value) => 1000 + 300 * value),
    [50, 2],
  );
  const kind = Tensor.from(
    Float64Array.from({ length: 50 }, (_, i) => labels.kind.data.subarray(3 * i, 3 * i + 3).indexOf(1)),
    [50, 1],
  );
  const reader = DataReader.fromTensors({ xTrain: raw, yTrain: { price, kind } });
  reader.normalizeX();
  reader.normalizeY({ price: 'fitting', kind: 'multipleClassifier' });
  await net.train(reader);
  const outputs = net.inference<Record<string, Tensor>>(reader.xTrain);
  const expected = {
    price: { outputs: reader.deNormalizeY(outputs.price!, 'price') },
    kind: {
      outputs: outputs.kind,
      classes: Array.from({ length: 50 }, (_, i) => {
        const row = [...outputs.kind!.data.subarray(3 * i, 3 * i + 3)];
        return String(row.indexOf(Math.max(...row)));
      }),
    },
  };
  const file = `${await temporaryFolder(t)}/net`;
  await net.save(file);
  for (const each of [net, await NeuralNet.load(file)]) {
    for (const answers of [
      await each.predict<Record<string, Prediction>>(raw),
      each.predictSync<Record<string, Prediction>>(raw),
    ]) {
      t.deepEqual(Object.keys(answers), ['price', 'kind']);
      t.deepEqual(answers.kind!.classes, expected.kind.classes);
      const near = { rtol: 1e-9, atol: 1e-9 };
      t.deepEqual(differences(answers.kind!.outputs.data, expected.kind.outputs!.data, near), []);
      t.deepEqual(differences(answers.price!.outputs.data, expected.price.outputs.data, near), []);
      t.false('classes' in answers.price!);
    }
    const one = await each.predictor().predict<Record<string, Prediction>>(raw.slice(0, 1));
    t.is(one.kind!.classes![0], expected.kind.classes[0]);
    t.deepEqual(differences(one.price!.outputs.data, expected.price.outputs.data.slice(0, 2), { rtol: 1e-9 }), []);
    const server = await startServer({ models: [{ name: 'two', net: each }], port: 0 });
    const body = { inputs: [{ name: 'input', shape: [1, 4], datatype: 'FP64', data: [...raw.data.subarray(0, 4)] }] };
    const response = await fetch(`${server.url}/v2/models/two/infer`, { method: 'POST', body: JSON.stringify(body) });
    const served = (await response.json()) as { outputs: { name: string; data: unknown[] }[] };
    await server.close();
    t.deepEqual(
      served.outputs.map(({ name }) => name),
      ['price.output', 'kind.output', 'kind.class'],
    );
    t.deepEqual(served.outputs[2]!.data, [expected.kind.classes[0]]);
  }
});

test('several outputs: what does not fit is refused', async (t) => {
  const reader = (yTrain: Tensor | Record<string, Tensor>) => DataReader.fromTensors({ xTrain: x, yTrain });
  const cases: [NeuralNet, DataReader, ReturnType<typeof badArgument>][] = [
    [twoOutputs(), reader(numbersY), badArgument(/^Expected 'price', 'kind' for the targets of the training set but/)],
    [
      twoOutputs(),
      reader({ price: numbersY }),
      badArgument(/for the targets of the training set but received 'price'$/),
    ],
    [
      twoOutputs(),
      reader({ price: numbersY, kind: numbersY }),
      shapeMismatch(/^Expected rows of 3 numbers for the training set's labels 'kind' but received rows of 2/),
    ],
    [twoOutputs({ loss: { price: 'huber' }, metrics: undefined }), reader(labels), badArgument(/for loss\.kind/)],
    [
      twoOutputs({ loss: { price: 'huber', kin: 'crossEntropy' }, metrics: undefined }),
      reader(labels),
      badArgument(
        /^Expected an output of the net: price, kind, for loss\.kin but received 'kin'; did you mean 'kind'\?/,
      ),
    ],
    [twoOutputs({ lossWeights: { pric: 2 } }), reader(labels), badArgument(/for lossWeights\.pric/)],
    [twoOutputs({ metrics: { prize: ['r2'] } }), reader(labels), badArgument(/for metrics\.prize/)],
    [twoOutputs({ monitor: 'kind.r2' }), reader(labels), badArgument(/^Expected one of loss, price\.r2.* for monitor/)],
    [
      twoOutputs({ metrics: { price: ['rocAuc'] } }),
      reader({ ...labels, price: float64(50, 3, 1) }),
      shapeMismatch(/./),
    ],
  ];
  for (const [net, data, error] of cases) await t.throwsAsync(net.train(data), error);
  t.throws(() => twoOutputs().test(x, numbersY), badArgument(/./));
  t.throws(() => twoOutputs().trainOnBatch(x, untyped({ price: numbersY })), badArgument(/./));
});

test('class weights of one of several outputs', async (t) => {
  const even = twoOutputs();
  const uneven = twoOutputs();
  const reader = () => DataReader.fromTensors({ xTrain: x, yTrain: labels });
  const balanced = reader();
  balanced.setClassWeights([1, 2, 4], 'kind');
  await even.train(reader(), { shuffle: false });
  await uneven.train(balanced, { shuffle: false });
  t.notDeepEqual(weightsOf(even), weightsOf(uneven));
  const rows = Tensor.from(
    Float64Array.from({ length: 50 }, (_, i) => [1, 2, 4][labels.kind.data.subarray(3 * i, 3 * i + 3).indexOf(1)]!),
    [50],
  );
  const [byClass, byRow] = [twoOutputs({ lossWeights: { price: 0 } }), twoOutputs({ lossWeights: { price: 0 } })];
  await byClass.train(balanced, { shuffle: false });
  await byRow.train(reader(), { shuffle: false, sampleWeight: rows });
  t.deepEqual(differences(weightsOf(byClass), weightsOf(byRow), { rtol: 1e-9, atol: 1e-13 }), []);
});

// —— classes of one's own ——

test('own losses and metrics train by recorded plans, as built-in ones do', async (t) => {
  class Squared extends Loss {
    override call(ops: Ops, output: Value, target: Value): Value {
      return ops.multiply(0.5, ops.sum(ops.square(ops.subtract(output, target)), -1));
    }
  }
  class Worst extends Metric {
    override get higherIsBetter() {
      return false;
    }
    override call(ops: Ops, output: Value, target: Value): Value {
      return ops.max(ops.abs(ops.subtract(output, target)), -1);
    }
  }
  const reader = () => DataReader.fromTensors({ xTrain: x, yTrain: numbersY });
  const options = { batchSize: 8, maxEpoch: 5 };
  const own = netWith({ loss: new Squared(), metrics: [new Worst()], monitor: 'Worst', ...options }, 2);
  const builtIn = netWith({ loss: 'meanSquaredError', ...options }, 2);
  const [{ records, best }, expected] = [await own.train(reader()), await builtIn.train(reader())];
  t.deepEqual(differences(weightsOf(own), weightsOf(builtIn), { rtol: 1e-9, atol: 1e-13 }), []);
  t.deepEqual(
    differences(
      records.map(({ lossTrain }) => lossTrain),
      expected.records.map(({ lossTrain }) => lossTrain),
      { rtol: 1e-11 },
    ),
    [],
  );
  const figures = records.map(({ metrics }) => metrics!.Worst as number);
  t.is(best, records[figures.indexOf(Math.min(...figures))]!);
  t.is(own.test(x, numbersY).metrics!.Worst, new Worst().evaluate(own.inference(x), numbersY));
});

test('multi-label classification: several sigmoid outputs by binaryCrossEntropy', async (t) => {
  const y = answersOf(x, 3);
  const metrics: MetricOptions[] = ['accuracy', { name: 'f1', average: 'macro' }, 'rocAuc'];
  const net = netWith(
    { loss: 'binaryCrossEntropy', metrics, optimizer: 'adam', learningRate: 0.05, maxEpoch: 60 },
    3,
    'sigmoid',
  );
  await net.train(DataReader.fromTensors({ xTrain: x, yTrain: y }));
  const { metrics: values } = net.test(x, y);
  const [outputs] = [net.inference(x)];
  for (const metric of metrics.map(createMetric)) {
    const sole = metric.name;
    const byColumn = [0, 1, 2].map((column) => {
      const pick = (all: Tensor) =>
        Tensor.from(
          Float64Array.from({ length: 50 }, (_, i) => all.data[3 * i + column]!),
          [50, 1],
        );
      return createMetric(untyped(sole)).evaluate(pick(outputs), pick(y)) as number;
    });
    const mean = sumOf(byColumn) / 3;
    t.deepEqual(differences([values![sole] as number], [mean], { rtol: 1e-9 }, sole), []);
    t.true(mean > 0.8, `${sole} ${mean}`);
  }
});

// —— what HyperParameters refuse ——

for (const [options, message] of [
  [{}, /^Expected .*fitting.* for netType/],
  [{ loss: 'hubber' }, /for loss but received 'hubber'; did you mean 'huber'\?$/],
  [{ loss: {} }, /^Expected a loss, or one for each output for loss but received 'none'$/],
  [{ loss: { a: 'huber', b: 5 } }, /for loss\.b/],
  [{ loss: { name: 'huber', delta: 0 } }, /^Expected a finite number above 0 for huber's delta|delta/],
  [
    { loss: 'huber', metrics: 'r2' },
    /^Expected a list of metrics, or one for each output for metrics but received 'r2'$/,
  ],
  [{ loss: 'huber', metrics: ['r2', 'r3'] }, /for metrics\[1\] but received 'r3'/],
  [
    { loss: 'huber', metrics: ['r2', 'r2'] },
    /^Expected metrics whose names differ for metrics but received ''r2' twice'|twice/,
  ],
  [{ loss: 'huber', metrics: { a: 5 } }, /for metrics\.a/],
  [{ loss: 'huber', lossWeights: { a: -1 } }, /^Expected a finite number ≥ 0 for lossWeights\.a but received -1$/],
  [{ loss: 'huber', lossWeights: 2 }, /for lossWeights/],
  [{ loss: 'huber', monitor: 'accuracy' }, /^Expected one of loss, r2 for monitor but received 'accuracy'/],
  [{ loss: 'huber', monitor: 5 }, /for monitor but received 5$/],
  [{ loss: 'crossEntropy', metrics: ['confusionMatrix'], monitor: 'confusionMatrix' }, /for monitor/],
] as const) {
  test(`HyperParameters refuse ${JSON.stringify(options)}`, (t) => {
    t.throws(() => new HyperParameters(untyped(options)), badArgument(message));
  });
}

test('a softmax over one class is always right', (t) => {
  const net = netWith({ netType: 'multipleClassifier' }, 1, 'softmax');
  t.is(net.test(x, Tensor.from(new Float64Array(50).fill(1), [50, 1])).accuracy, 1);
});

test('a last layer that makes no probabilities is refused for losses that take such', async (t) => {
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: classesOf(x, 3) });
  await t.throwsAsync(
    netWith({ loss: 'crossEntropy' }, 3).train(reader),
    badArgument(/^Expected ClassificationLayer\('softmax'\) for the last layer of a net with the loss 'crossEntropy'/),
  );
  await t.throwsAsync(netWith({ loss: 'focal' }, 3).train(reader), badArgument(/'sigmoid'\) or |'softmax'\) or /));
  await t.throwsAsync(
    netWith({ netType: 'fitting' }, 3, 'softmax').train(reader),
    badArgument(/no ClassificationLayer/),
  );
});
