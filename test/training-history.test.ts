import test from 'ava';
import { type CheckpointRecord, TrainingHistory } from 'blasnet';
import { watchedLoss } from '#blasnet/training-history';
import { badArgument } from './support/errors.js';

const record = (iteration: number, lossTrain: number, lossValidation?: number): CheckpointRecord => ({
  epoch: iteration / 10,
  iteration,
  lossTrain,
  accuracyTrain: 0.5,
  learningRate: 0.1,
  ...(lossValidation !== undefined && { lossValidation, accuracyValidation: 0.25 }),
});

const end = { stopReason: 'stopLoss', seconds: 2, iterations: 1 } as const;

test('best › the lowest validation loss, the first of equals', (t) => {
  const history = new TrainingHistory([record(1, 0.1, 3), record(2, 0.5, 2), record(3, 0.01, 2)], end);
  t.is(history.best.iteration, 2);
});

test('best › the lowest training loss without a validation set', (t) => {
  t.is(new TrainingHistory([record(1, 3), record(2, 1), record(3, 2)], end).best.iteration, 2);
});

test('a run without a checkpoint has no history', (t) => {
  t.throws(() => new TrainingHistory([], end), badArgument(/^Expected at least one checkpoint for records/));
});

test('watchedLoss', (t) => {
  t.is(watchedLoss(record(1, 3, 2)), 2);
  t.is(watchedLoss(record(1, 3)), 3);
});

test('a history cannot be changed, by the list that it was given neither', (t) => {
  const records = [record(1, 1)];
  const history = new TrainingHistory(records, end);
  records.pop();
  t.throws(() => (history.records as CheckpointRecord[]).push(record(2, 2)), { instanceOf: TypeError });
  for (const name of ['records', 'best', 'stopReason', 'seconds', 'iterations', 'test'] as const) {
    t.throws(() => Object.assign(history, { [name]: undefined }), { instanceOf: TypeError }, name);
  }
  t.deepEqual(history.records, [record(1, 1)]);
  t.is(history.seconds, 2);
});

test('toJSON', (t) => {
  const test = { loss: 3, accuracy: 0.5 };
  t.deepEqual(JSON.parse(JSON.stringify(new TrainingHistory([record(1, 1)], { ...end, test }))), {
    ...end,
    test,
    best: record(1, 1),
    records: [record(1, 1)],
  });
});
