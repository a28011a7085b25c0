import test from 'ava';
import { confusionChart, confusionMatrix, renderSvg } from 'blasnet/charts';
import { BlasnetError } from '#blasnet/core/errors';
import { textsOf } from '../support/svg.js';

test('rows are real classes, columns predicted ones', (t) => {
  t.deepEqual(confusionMatrix([0, 0, 1, 2, 2, 2], Float32Array.of(0, 1, 1, 2, 0, 2), 3), [
    [1, 1, 0],
    [0, 1, 0],
    [1, 0, 2],
  ]);
});

test('confusionMatrix refuses classes there are not', (t) => {
  for (const [real, predicted, code, message] of [
    [[0, 1], [0], 'ERR_SHAPE_MISMATCH', 'Expected 2 classes for predicted but received 1'],
    [[0], [2], 'ERR_BAD_ARGUMENT', 'Expected a whole number from 0 to 1 for class but received 2'],
    [[-1], [0], 'ERR_BAD_ARGUMENT', 'Expected a whole number from 0 to 1 for class but received -1'],
    [[0.5], [0], 'ERR_BAD_ARGUMENT', 'Expected a whole number from 0 to 1 for class but received 0.5'],
  ] as const) {
    const error = t.throws(() => confusionMatrix(real, predicted, 2), { instanceOf: BlasnetError });
    t.is(error.code, code);
    t.is(error.message, message);
  }
});

test('cells hold the counts, and their colour the share of the real class', async (t) => {
  const spec = confusionChart(
    [
      [11000, 1000],
      [30, 10],
    ],
    ['poor', 'rich'],
    { title: 'Income' },
  );
  const { values } = (spec as { data: { values: { share: number }[] } }).data;
  t.deepEqual(
    values.map(({ share }) => share),
    [11 / 12, 1 / 12, 0.75, 0.25],
  );
  const shown = textsOf(await renderSvg(spec));
  for (const text of ['Income', 'Real', 'Predicted', '11,000', '1,000', '30', '10']) {
    t.is(shown.filter((each) => each === text).length, 1, text);
  }
  t.is(shown.filter((text) => text === 'rich').length, 2);
});

test('a class without rows has pale cells', (t) => {
  const spec = confusionChart(
    [
      [0, 0],
      [1, 0],
    ],
    ['a', 'b'],
  ) as { data: { values: { share: number }[] } };
  t.deepEqual(
    spec.data.values.map(({ share }) => share),
    [0, 0, 1, 0],
  );
});

test('counts must be a square of as many names', (t) => {
  const error = t.throws(() => confusionChart([[1, 2]], ['a', 'b']), { instanceOf: BlasnetError });
  t.is(error.code, 'ERR_SHAPE_MISMATCH');
  t.is(error.message, 'Expected 2 × 2 for counts but received 1 rows');
});
