import test from 'ava';
import { BlasnetError, DataReader, Tensor } from 'blasnet';
import { untyped } from '../support/errors.js';
import { batch, read } from '../support/streams.js';

const thrower = new Proxy(
  {},
  {
    get() {
      throw new RangeError('a getter that throws');
    },
  },
);
const hostile: readonly unknown[] = [
  ...[10n, -1n, Symbol('s'), null, undefined, Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, '', 'x', true],
  ...[[], {}, () => 1, new Date(0), thrower, Object.create(null), [10n], [Symbol('s')], [null], { length: 3 }],
  ...[{ method: 10n }, { fitOn: Symbol('s') }, { positiveLabel: 10n }, { negativeLabel: Symbol('s') }, { unseen: 1n }],
];

/** A reader of six rows, each with another number, and labels 0 and 1. */
const readers = {
  memory: () =>
    Promise.resolve(
      DataReader.fromTensors({
        xTrain: Tensor.from([[1], [2], [3], [4], [5], [6]]),
        yTrain: Tensor.from([[0], [1], [0], [1], [0], [1]]),
      }),
    ),
  stream: () => read([batch([[1], [2], [3]], [[0], [1], [0]])]),
  none: () => Promise.resolve(new DataReader()),
};
const calls: Readonly<Record<string, (reader: DataReader, value: never, other: never) => unknown>> = {
  'new DataReader': (_, value) => new DataReader(value),
  fromTensors: (_, value) => DataReader.fromTensors(value),
  fromBatches: (_, value, other) => DataReader.fromBatches(value, other),
  normalizeX: (reader, value) => reader.normalizeX(value),
  'normalizeY, type': (reader, value) => reader.normalizeY(value),
  'normalizeY, base': (reader, value, other) => reader.normalizeY('binaryClassifier', value, other),
  'normalizeY, options': (reader, value, other) => reader.normalizeY('fitting', other, value),
  deNormalizeY: (reader, value) => reader.deNormalizeY(value),
  normalizePredictData: (reader, value) => reader.normalizePredictData(value),
  encodeRows: (reader, value, other) => reader.encodeRows(value, other),
  toOneHot: (reader, value) => reader.toOneHot(value),
  toZeroOne: (reader, value) => reader.toZeroOne(value),
  setClassWeights: (reader, value) => reader.setClassWeights(value),
  generateValidationSet: (reader, value) => reader.generateValidationSet(value),
  splitTestSet: (reader, value, other) => reader.splitTestSet(value, other),
  shuffle: (reader, value) => reader.shuffle(value),
  'getBatchSamples, size': (reader, value, other) => reader.getBatchSamples(value, other),
  'getBatchSamples, iteration': (reader, value, other) => reader.getBatchSamples(other, value),
};

for (const [name, call] of Object.entries(calls)) {
  for (const [kind, make] of Object.entries(readers)) {
    test(`${name} › of a reader of ${kind} takes its arguments, or refuses them by a BlasnetError`, async (t) => {
      for (const [i, value] of hostile.entries()) {
        for (const other of [undefined, hostile[(i + 1) % hostile.length]]) {
          const reader = await make();
          try {
            call(reader, untyped(value), untyped(other));
          } catch (error) {
            const isMine = error instanceof RangeError && error.message === 'a getter that throws';
            t.true(error instanceof BlasnetError || isMine, `${i}: ${error instanceof Error ? error.stack : error}`);
          }
        }
      }
      t.pass();
    });
  }
}
