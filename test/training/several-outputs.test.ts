// Nets of several outputs: losses, metrics and answers of each.
import test from 'ava';
import {
  ClassificationLayer,
  createLoss,
  createMetric,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  input,
  NeuralNet,
  type Prediction,
  Tensor,
} from 'blasnet';
import { startServer } from 'blasnet/serve';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { weightsOf } from '../support/nets.js';
import { differences } from '../support/numerics.js';
import { classesOf, float64, numbersY, x } from '../support/objectives.js';

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
