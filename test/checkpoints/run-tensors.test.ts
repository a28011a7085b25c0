import test from 'ava';
import { Tensor } from 'blasnet';
import { recordsIn, tableOf } from '#blasnet/checkpoints/run-tensors';

const record = { epoch: 0.5, iteration: 3, lossTrain: 2, accuracyTrain: 0.25, learningRate: 0.1 };
const validated = { ...record, lossValidation: 1, accuracyValidation: 0.75 };

test('records › from a table that was made of them', (t) => {
  t.deepEqual(recordsIn(tableOf([record, record]), false), [record, record]);
  t.deepEqual(recordsIn(tableOf([validated]), true), [validated]);
  t.true(Object.isFrozen(recordsIn(tableOf([record]), false)?.[0]));
});

test('records › not from another table, nor an empty one', (t) => {
  for (const shape of [[7], [1, 6], [1, 1, 7], [0, 7]]) {
    t.is(recordsIn(Tensor.zeros(shape, 'float64'), false), undefined, `${shape}`);
  }
});
