// The figure that best weights, early stop and schedules go by.
import test from 'ava';
import { DataReader, type HyperParameterOptions, type TrainOptions } from 'blasnet';
import { weightsOf } from '../support/nets.js';
import { answersOf, float64, netWith, numbersY, x } from '../support/objectives.js';

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
