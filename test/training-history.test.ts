import test from 'ava';
import { type CheckpointRecord, TrainingHistory, watchedLoss } from 'blasnet';

const record = (iteration: number, lossTrain: number, lossValidation?: number): CheckpointRecord => ({
  epoch: iteration / 10,
  iteration,
  lossTrain,
  accuracyTrain: 0.5,
  learningRate: 0.1,
  ...(lossValidation !== undefined && { lossValidation, accuracyValidation: 0.25 }),
});

test('a new history is empty', (t) => {
  const history = new TrainingHistory();
  t.deepEqual(history.records, []);
  t.is(history.best, undefined);
  t.is(history.stopReason, 'maxEpoch');
  t.is(history.seconds, 0);
  t.is(history.iterations, 0);
  t.is(history.test, undefined);
});

test('best › the lowest validation loss, the first of equals', (t) => {
  const history = new TrainingHistory([record(1, 0.1, 3), record(2, 0.5, 2), record(3, 0.01, 2)]);
  t.is(history.best?.iteration, 2);
});

test('best › the lowest training loss without a validation set', (t) => {
  t.is(new TrainingHistory([record(1, 3), record(2, 1), record(3, 2)]).best?.iteration, 2);
});

test('watchedLoss', (t) => {
  t.is(watchedLoss(record(1, 3, 2)), 2);
  t.is(watchedLoss(record(1, 3)), 3);
});

test('the list that is given is copied', (t) => {
  const records = [record(1, 1)];
  const history = new TrainingHistory(records);
  records.pop();
  history.add(record(2, 2));
  t.deepEqual(
    history.records.map(({ iteration }) => iteration),
    [1, 2],
  );
});

test('toJSON', (t) => {
  const history = new TrainingHistory([record(1, 1)]);
  history.stopReason = 'stopLoss';
  history.seconds = 2;
  history.iterations = 1;
  history.test = { loss: 3, accuracy: 0.5 };
  t.deepEqual(JSON.parse(JSON.stringify(history)), {
    stopReason: 'stopLoss',
    seconds: 2,
    iterations: 1,
    test: { loss: 3, accuracy: 0.5 },
    best: record(1, 1),
    records: [record(1, 1)],
  });
});
