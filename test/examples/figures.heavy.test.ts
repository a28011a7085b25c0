import test from 'ava';
import { checkPictures, figure, run, tableOf } from './running.js';

// Plain SGD at a constant rate ends where it happens to be: from seed to seed R² differs by 0.01, and bits differ
// between kinds of CPU. Hence a bound somewhat below the 0.82 seen here.
test.serial('house-price › both nets, in full', async (t) => {
  const { lines, pictures } = await run(t, 'house-price');
  t.log(lines.filter((line) => !line.startsWith('picture')).join('\n'));
  t.true(figure(lines, 'plain: R²') >= 0.78);
  t.true(figure(lines, 'better: R²') >= 0.88);
  t.true(figure(lines, 'houses, error') > 1e6);
  t.regex(lines.join('\n'), /plain: 973000 iterations in \d+\.\d\d s, ended by maxEpoch/);
  await checkPictures(
    t,
    pictures,
    ['loss', 'prices', 'errors'].flatMap((name) => [`${name}-plain`, `${name}-better`]),
  );
});

test.serial('optimizers › paths and tables', async (t) => {
  const { lines, pictures } = await run(t, 'optimizers', ['--epochs', '500']);
  // NumPy, by the same twenty steps in float64.
  t.deepEqual(tableOf(lines, 'sgd 0.95', 'momentum 0.1', 'rmsProp 0.5', 'adam 0.5'), {
    'sgd 0.95': ['-0.1035', '0.2432', '0.060194'],
    'momentum 0.1': ['1.8947', '-0.6985', '0.846898'],
    'rmsProp 0.5': ['-0.0483', '-0.0000', '0.000233'],
    'adam 0.5': ['0.9477', '0.4863', '0.326302'],
  });
  const names = ['sgd', 'momentum', 'nag', 'adaGrad', 'adaDelta', 'rmsProp', 'adam'];
  const reached = tableOf(lines, ...names);
  t.deepEqual(Object.keys(reached), names);
  const [sgd, momentum] = [reached.sgd!, reached.momentum!].map((cells) => Number(cells.at(-1)));
  t.true(sgd! > momentum!, `${sgd} and ${momentum} iterations at the lowest learning rate`);
  const { '0.1': low, '0.3': high } = tableOf(lines, '0.1', '0.3');
  t.deepEqual([low![0], high![0]], ['500', '500']);
  t.true(Number(low![1]) > Number(high![1]));
  await checkPictures(t, pictures, ['valley', 'line', 'line-zoom', 'learning-rates']);
});

test.serial('initialisation › equal units, and which combinations train', async (t) => {
  const { lines, pictures } = await run(t, 'initialisation');
  for (const key of ['W1', 'B1', 'W2']) {
    const [, list] = lines.find((line) => line.startsWith(`${key} = [`))!.match(/\[(.*)\]/)!;
    const values = list!.split(', ');
    t.is(values.length, 4);
    t.is(new Set(values).size, 1, key);
    t.not(Number(values[0]), 0);
  }
  const trains = lines
    .filter((line) => line.endsWith(' yes'))
    .map((line) =>
      line
        .split(/\s{2,}/)
        .slice(0, 2)
        .join(' '),
    );
  for (const combination of ['tanh xavier', 'relu msra']) t.true(trains.includes(combination), combination);
  for (const activation of ['sigmoid', 'tanh', 'relu']) t.false(trains.includes(`${activation} zero`));
  t.false(trains.includes('relu normal'));
  await checkPictures(t, pictures, ['sigmoid', 'tanh', 'relu']);
});

test.serial('binary-classification › accuracy on the test file', async (t) => {
  const { lines, pictures } = await run(t, 'binary-classification');
  t.is(lines[0], '29305 people to train on, 16281 to test on, 107 features');
  t.true(figure(lines, 'test accuracy') >= 0.85);
  t.true(figure(lines, 'ROC curve') > 0.9);
  const counts: number[][] = JSON.parse(lines.find((line) => line.startsWith('confusion'))!.match(/\[\[.*\]\]/)![0]);
  t.deepEqual(
    counts.map((row) => row.reduce((sum, count) => sum + count)),
    [12_435, 3_846], // as many as the file has of each class
  );
  t.is(((counts[0]![0]! + counts[1]![1]!) / 16_281).toFixed(4), figure(lines, 'test accuracy').toFixed(4));
  await checkPictures(t, pictures, ['loss', 'roc', 'confusion']);
});

test.serial('regularisation › every remedy helps', async (t) => {
  const { lines, pictures } = await run(t, 'regularisation');
  const rows = tableOf(lines, 'none', 'l2 0.1', 'dropout 0.5', 'batch norm', 'early stopping');
  t.is(Object.keys(rows).length, 5);
  const [training, , loss] = rows.none!.map(Number);
  t.true(training! > 0.97);
  for (const [remedy, cells] of Object.entries(rows)) {
    if (remedy !== 'none') t.true(Number(cells[2]) < loss!, `${remedy}: ${cells[2]}, none: ${loss}`);
  }
  t.is(rows['early stopping']![4], 'earlyStop');
  await checkPictures(t, pictures, ['curves']);
});

test.serial('curve-fitting › both fits, in full', async (t) => {
  const { lines, pictures } = await run(t, 'curve-fitting');
  t.true(figure(lines, 'coarse: validation loss') <= 0.001);
  t.true(figure(lines, 'fine: validation loss') <= 0.0002);
  t.true(figure(lines, 'fine: test loss') < 0.0004);
  t.is(lines.filter((line) => line.endsWith('ended by stopLoss')).length, 2);
  await checkPictures(t, pictures, ['loss-coarse', 'curve-coarse', 'loss-fine', 'curve-fine']);
});
