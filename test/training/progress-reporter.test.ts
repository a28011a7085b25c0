import test from 'ava';
import { progressOf } from '#blasnet/training/progress-reporter';

test('progressOf › by hand', (t) => {
  const pace = { maxEpoch: 4, iteration: 15, iterationsPerEpoch: 10, batchRows: 8, seconds: 3 };
  const means = { loss: 0.5, accuracy: 0.75 };
  const expected = {
    epoch: 2,
    maxEpoch: 4,
    iteration: 15,
    totalIterations: 40,
    iterationsPerEpoch: 10,
    loss: 0.5,
    accuracy: 0.75,
    samplesPerSecond: 40,
    secondsLeft: 5,
  };
  t.deepEqual(progressOf(pace, means, undefined), expected);
  const checkpoint = { epoch: 1, iteration: 10, lossTrain: 1, accuracyTrain: 0, learningRate: 0.1 };
  t.deepEqual(progressOf(pace, means, checkpoint), { ...expected, checkpoint });
});
