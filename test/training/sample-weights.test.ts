// Weights of rows.
import test from 'ava';
import { createLoss, createMetric, DataReader, type HyperParameterOptions, Tensor } from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { weightsOf } from '../support/nets.js';
import { differences, sumOf } from '../support/numerics.js';
import { float64, netWith, numbersY, still, streamOf, x } from '../support/objectives.js';

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
