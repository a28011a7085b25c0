import test from 'ava';
import { DataReader, Tensor } from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';

const labelled = (...labels: (number | number[])[]) =>
  DataReader.fromTensors({
    xTrain: Tensor.zeros([labels.length, 1]),
    yTrain: Tensor.from(labels.map((label) => [label].flat())),
  });

test('balanced › rows / (classes · rows of the class)', (t) => {
  const reader = labelled(0, 1, 2, 2, 1, 2);
  t.is(reader.classWeights, undefined);
  reader.toOneHot();
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(2, 1, 2 / 3));
});

test('balanced › two classes have two weights', (t) => {
  const reader = labelled(5, 6, 6, 6);
  reader.normalizeY('binaryClassifier', 5);
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(2, 2 / 3));
});

test('balanced › labels that came one-hot or as 0 and 1', (t) => {
  const rows = labelled([0, 1], [1, 0], [0, 1], [0, 1]);
  rows.setClassWeights('balanced');
  t.deepEqual(rows.classWeights, Float64Array.of(2, 2 / 3));
  const column = labelled(1, 0, 1, 1);
  column.setClassWeights('balanced');
  t.deepEqual(column.classWeights, Float64Array.of(2, 2 / 3));
});

test('balanced › over the training rows without the validation set, whichever comes first', (t) => {
  const reader = labelled(0, 0, 0, 1, 1, 0);
  reader.toZeroOne();
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(0.75, 1.5));
  reader.generateValidationSet(2);
  t.deepEqual(reader.classWeights, Float64Array.of(1.5, 0.75));
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(1.5, 0.75));
});

test('balanced › over the training rows without a test set that is split off later', (t) => {
  const reader = labelled(1, 0, 0, 0, 0, 0, 0, 0, 1, 1);
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(10 / 14, 10 / 6));
  reader.splitTestSet(2, 3);
  const ones = Array.from(reader.yTrain.data).filter((label) => label === 1).length;
  t.is(ones, 1); // the share of ones is another now
  t.deepEqual(reader.classWeights, Float64Array.of(5 / 8, 5 / 2));
  const weighted = labelled(0, 1, 1, 1);
  weighted.setClassWeights([1, 3]);
  weighted.splitTestSet(4);
  t.deepEqual(weighted.classWeights, Float64Array.of(1, 3));
});

test('balanced › a test set that would take all rows of a class is refused, and nothing changes', (t) => {
  const reader = labelled(1, 0);
  reader.setClassWeights('balanced');
  t.throws(() => reader.splitTestSet(2), badArgument(/a training row of class [01] for balanced/));
  t.deepEqual([reader.numTrain, reader.numTest], [2, 0]);
  t.deepEqual(reader.classWeights, Float64Array.of(1, 1));
});

test('balanced › a validation set that would take all rows of a class is refused, and nothing changes', (t) => {
  const reader = labelled(1, 0, 0, 0);
  reader.toZeroOne();
  reader.setClassWeights('balanced');
  t.throws(() => reader.generateValidationSet(2), badArgument(/a training row of class 1 for balanced/));
  t.deepEqual([reader.numTrain, reader.numValidation], [4, 0]);
  t.deepEqual(reader.classWeights, Float64Array.of(2 / 3, 2));
});

test('weights of ours', (t) => {
  const reader = labelled(0, 1, 2, 1);
  reader.toOneHot();
  const weights = [0, 2, 0.5];
  reader.setClassWeights(weights);
  weights[0] = 9;
  t.deepEqual(reader.classWeights, Float64Array.of(0, 2, 0.5));
  reader.generateValidationSet(2);
  t.deepEqual(reader.classWeights, Float64Array.of(0, 2, 0.5));
});

test('other labels, other weights', (t) => {
  const reader = labelled(0, 1, 1);
  reader.toZeroOne();
  reader.setClassWeights([1, 2]);
  reader.toOneHot();
  t.is(reader.classWeights, undefined);
  reader.setClassWeights([1, 2]);
  reader.normalizeY('fitting');
  t.is(reader.classWeights, undefined);
});

test('errors', (t) => {
  const numbers = labelled(0, 1, 2);
  const expected = /one-hot rows or 0 and 1 \(see normalizeY\) for the labels of setClassWeights but received /;
  t.throws(() => numbers.setClassWeights('balanced'), badArgument(new RegExp(`${expected.source}2$`)));
  t.throws(() => labelled(0, 0.5).setClassWeights([1, 2]), badArgument(new RegExp(`${expected.source}0.5$`)));
  for (const row of [
    [1, 1],
    [0, 0],
    [0.5, 0.5],
    [2, 0],
  ]) {
    t.throws(() => labelled([1, 0], row).setClassWeights([1, 2]), badArgument(/received 'others in row 1'$/));
  }
  numbers.toOneHot();
  for (const weights of [[], [0, 0, 0], [1, -1, 1], [1, Number.NaN, 1], ['1', 1, 1], 'balance', undefined, 3]) {
    t.throws(
      () => numbers.setClassWeights(untyped(weights)),
      badArgument(/'balanced' or a list of numbers ≥ 0, not all of them 0 for class weights/),
    );
  }
  t.throws(
    () => numbers.setClassWeights([1, 2]),
    badArgument(/^Expected 3 numbers, one for each class for class weights but received '2'$/),
  );
  t.is(numbers.classWeights, undefined);
  const absent = labelled(0, 2);
  absent.toOneHot();
  t.throws(
    () => absent.setClassWeights('balanced'),
    badArgument(/^Expected a training row of class 1 for balanced class weights but received 'none'$/),
  );
  t.throws(() => new DataReader().setClassWeights('balanced'), badArgument(/readData to have finished/));
});
