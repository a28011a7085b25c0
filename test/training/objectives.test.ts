// Losses and metrics of nets: records, labels, classes of one's own, what is refused.
import test from 'ava';
import {
  createLoss,
  createMetric,
  DataReader,
  HyperParameters,
  Loss,
  Metric,
  type MetricOptions,
  type MetricValues,
  type Ops,
  Tensor,
  type Value,
} from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';
import { weightsOf } from '../support/nets.js';
import { differences, sumOf } from '../support/numerics.js';
import { answersOf, classesOf, netWith, numbersY, still, streamOf, x } from '../support/objectives.js';

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
