import test from 'ava';
import { lossChart, palette, renderSvg, type XCoordinate } from 'blasnet/charts';
import { BlasnetError } from '#blasnet/core/errors';
import type { CheckpointRecord } from '#blasnet/training-history';

const [trainingColor, validationColor] = palette as [string, string];

/** A run whose validation loss is lowest, 0.25, at the record `best`. */
function run(count: number, best = count - 1): CheckpointRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    epoch: (index + 1) / 2,
    iteration: (index + 1) * 430,
    lossTrain: 2 / (index + 1),
    accuracyTrain: 1 - 0.5 / (index + 1),
    lossValidation: 0.25 + Math.abs(index - best) / count,
    accuracyValidation: 0.75,
    learningRate: 0.1,
  }));
}

function trainingOnly(records: readonly CheckpointRecord[]): CheckpointRecord[] {
  return records.map(({ lossValidation: _loss, accuracyValidation: _accuracy, ...rest }) => rest);
}

/** The texts of an SVG, in order. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
}

/** For each line of that colour, first the loss then the accuracy: how many points it goes through. */
function linePoints(svg: string, color: string): number[] {
  return [...svg.matchAll(/aria-roledescription="line mark" d="([^"]*)" stroke="([^"]*)"/g)]
    .filter((match) => match[2] === color)
    .map((match) => match[1]!.match(/[ML]/g)!.length);
}

/** The label of each ring that marks a best checkpoint. */
function rings(svg: string): string[] {
  return [...svg.matchAll(/<path aria-label="([^"]*)"[^>]*fill="white"/g)].map((match) => match[1]!);
}

test('a chart names its axes, its lines and the best checkpoint', async (t) => {
  const svg = await renderSvg(lossChart(run(50, 30), { title: 'MNIST' }));
  const shown = texts(svg);
  for (const text of ['MNIST', 'Loss (mean per row)', 'Accuracy (1 is perfect)', 'training', 'validation']) {
    t.is(shown.filter((each) => each === text).length, 1, text);
  }
  t.is(shown.filter((each) => each === 'Epoch').length, 2);
  t.true(shown.includes('Ring: lowest validation loss, 0.2500 at epoch 15.5'));
  t.deepEqual(rings(svg), ['Epoch: 15.5; Loss (mean per row): 0.25']);
});

test('each line goes through every checkpoint', async (t) => {
  const svg = await renderSvg(lossChart(run(50)));
  t.deepEqual(linePoints(svg, trainingColor), [50, 50]);
  t.deepEqual(linePoints(svg, validationColor), [50, 50]);
});

test('few checkpoints get a dot each, many do not', async (t) => {
  const dots = (svg: string) => svg.match(/aria-roledescription="point"/g)!.length;
  // Two lines in two panels, and the ring.
  t.is(dots(await renderSvg(lossChart(run(40)))), 4 * 40 + 1);
  t.is(dots(await renderSvg(lossChart(run(41)))), 1);
});

test('without a validation set there is one line per panel and no ring', async (t) => {
  const svg = await renderSvg(lossChart(trainingOnly(run(50))));
  t.deepEqual(linePoints(svg, trainingColor), [50, 50]);
  t.deepEqual(linePoints(svg, validationColor), []);
  t.deepEqual(rings(svg), []);
  t.true(texts(svg).includes('training'));
  t.false(svg.includes('validation'));
});

const axes: [XCoordinate, string, string, string][] = [
  ['nothing', 'Checkpoint', 'checkpoint 31', '1 to 50'],
  ['iteration', 'Iteration', 'iteration 13,330', '0 to 21,500'],
  ['epoch', 'Epoch', 'epoch 15.5', '0 to 25'],
];
for (const [xCoordinate, title, best, range] of axes) {
  test(`xCoordinate '${xCoordinate}' counts in its own unit`, async (t) => {
    const svg = await renderSvg(lossChart(run(50, 30), { xCoordinate }));
    t.true(texts(svg).includes(`Ring: lowest validation loss, 0.2500 at ${best}`));
    t.true(svg.includes(`X-axis titled '${title}' for a linear scale with values from ${range}`));
  });
}

test('the axis of a run that goes on from an earlier one starts where that ended', async (t) => {
  const svg = await renderSvg(lossChart(run(100).slice(71)));
  t.true(svg.includes(`X-axis titled 'Epoch' for a linear scale with values from 36 to 50`));
});

test('each metric that is a number has a panel, unless the panel of the accuracy shows it', async (t) => {
  const records = run(50).map((record, i) => ({
    ...record,
    metrics: { accuracy: 0.5, f1: i / 50, rocAuc: i === 3 ? Number.NaN : 0.7, confusionMatrix: [[1, 2]] },
    validationMetrics: { accuracy: 0.5, f1: 0.2, rocAuc: 0.6, confusionMatrix: [[1, 2]] },
  }));
  const svg = await renderSvg(lossChart(records));
  for (const title of ['f1', 'rocAuc']) t.is(texts(svg).filter((text) => text === title).length, 1, title);
  t.false(texts(svg).includes('confusionMatrix'));
  t.deepEqual(linePoints(svg, validationColor), [50, 50, 50, 50]);
  t.deepEqual(linePoints(svg, trainingColor), [50, 50, 50, 49]);
  const own = records.map((record) => ({ ...record, accuracyTrain: Number.NaN, accuracyValidation: Number.NaN }));
  t.false(texts(await renderSvg(lossChart(own))).includes('Accuracy (1 is perfect)'));
});

test('the accuracy can be named', async (t) => {
  t.true(texts(await renderSvg(lossChart(run(3), { accuracyTitle: 'R²' }))).includes('R²'));
});

/** A run with the given losses, of training and validation alike. */
function withLosses(
  losses: readonly number[],
  accuracies: readonly number[] = losses.map(() => 0.5),
): CheckpointRecord[] {
  return losses.map((loss, index) => ({
    epoch: index + 1,
    iteration: index + 1,
    lossTrain: loss,
    accuracyTrain: accuracies[index]!,
    learningRate: 0.1,
  }));
}

/** Where the lines of an SVG in that colour end and turn: heights, from the top of a panel of 260. */
function heights(svg: string, color: string): number[][] {
  return [...svg.matchAll(/aria-roledescription="line mark" d="([^"]*)" stroke="([^"]*)"/g)]
    .filter((match) => match[2] === color)
    .map((match) => [...match[1]!.matchAll(/,([-\d.]+)/g)].map((number) => Number(number[1])));
}

test('a loss that falls evenly has a linear axis from 0', async (t) => {
  const svg = await renderSvg(lossChart(withLosses([1, 0.8, 0.6, 0.5, 0.4])));
  t.true(svg.includes(`titled 'Loss (mean per row)' for a linear scale with values from 0.0 to 1.0`));
  t.false(texts(svg).some((text) => /log scale|cut off/.test(text)));
});

test('a loss that falls through decades has a logarithmic axis', async (t) => {
  const svg = await renderSvg(lossChart(withLosses([1000, 100, 10, 1, 0.1])));
  t.true(svg.includes(`titled 'Loss (mean per row)' for a log scale with values from 0.1 to 1000`));
  t.true(texts(svg).includes('Loss on a log scale'));
  // Equal ratios are equal distances.
  t.deepEqual(heights(svg, trainingColor)[0], [0, 65, 130, 195, 260]);
});

test('a first epoch that flattens the rest is cut off', async (t) => {
  const losses = [5, 0.02, 0.018, 0.017, 0.016];
  const svg = await renderSvg(lossChart(withLosses(losses, [-30, 0.8, 0.81, 0.82, 0.83])));
  t.true(svg.includes(`titled 'Loss (mean per row)' for a linear scale with values from 0.016 to 0.020`));
  t.true(texts(svg).includes('Loss cut off above 0.02; Accuracy cut off below 0.8'));
  // The line begins at the edge of the panel and takes all of its height.
  const [loss, accuracy] = heights(svg, trainingColor);
  t.deepEqual(loss, [0, 130, 195, 260]);
  t.deepEqual(accuracy!.at(0), 260);
  // No dot stands for an epoch that the axis does not show.
  t.is(svg.match(/aria-roledescription="point"/g)!.length, 2 * 4);
});

test('the end of a line that is cut off lies between the checkpoints', async (t) => {
  const losses = [9, ...Array.from({ length: 19 }, (_, i) => 0.03 - i * 0.001)];
  const svg = await renderSvg(lossChart(withLosses(losses)));
  const [line] = [...svg.matchAll(/aria-roledescription="line mark" d="M([\d.]+),([\d.]+)/g)];
  const [x, y] = [Number(line![1]), Number(line![2])];
  t.is(y, 0);
  t.true(x > (380 * 1) / 20 && x < (380 * 5) / 20, `${x}`);
});

test('a loss that reaches 0 is cut off rather than drawn as logarithms', async (t) => {
  const svg = await renderSvg(lossChart(withLosses([1000, 2, 1, 0.5, 0])));
  t.true(texts(svg).includes('Loss cut off above 2'));
});

test('the scale of the loss can be chosen', async (t) => {
  const records = withLosses([1000, 100, 10, 1, 0]);
  t.regex(
    await renderSvg(lossChart(records, { lossScale: 'linear' })),
    /for a linear scale with values from 0 to 1,000/,
  );
  const svg = await renderSvg(lossChart(records, { lossScale: 'log' }));
  t.deepEqual(linePoints(svg, trainingColor)[0], 4);
  const error = t.throws(() => lossChart(records, { lossScale: 'logarithmic' as 'log' }), { instanceOf: BlasnetError });
  t.regex(error.message, /^Expected 'auto', 'linear' or 'log' for lossScale but received 'logarithmic'/);
});

test('NaN and infinity leave a gap', async (t) => {
  const records = run(50, 30);
  records[10] = { ...records[10]!, lossTrain: Number.NaN };
  records[30] = { ...records[30]!, lossValidation: Number.NEGATIVE_INFINITY, accuracyValidation: Number.NaN };
  const svg = await renderSvg(lossChart(records));
  t.notRegex(svg, /NaN|Infinity|undefined/);
  t.deepEqual(linePoints(svg, trainingColor), [49, 50]);
  t.deepEqual(linePoints(svg, validationColor), [49, 49]);
  t.deepEqual(rings(svg), ['Epoch: 15; Loss (mean per row): 0.27']);
});

test('a run of nothing but NaN is drawn as empty panels', async (t) => {
  const record = { epoch: 1, iteration: 7, lossTrain: Number.NaN, accuracyTrain: Number.NaN, learningRate: 0.1 };
  const svg = await renderSvg(lossChart([record, { ...record, epoch: 2 }]));
  t.notRegex(svg, /NaN|Infinity|undefined/);
  t.true(svg.includes('for a linear scale with values from 0.0 to 1.0'));
});

test('an accuracy that never moves lies on an axis from 0 to 1', async (t) => {
  const svg = await renderSvg(lossChart([{ ...run(1)[0]!, accuracyTrain: 1, accuracyValidation: 1 }]));
  t.true(svg.includes(`titled 'Accuracy (1 is perfect)' for a linear scale with values from 0.0 to 1.0`));
});

test('of many checkpoints 1000 are drawn, with the first, the last and the best', async (t) => {
  const svg = await renderSvg(lossChart(run(20_000, 7_777), { xCoordinate: 'nothing' }));
  t.deepEqual(linePoints(svg, trainingColor), [1000, 1000]);
  t.deepEqual(rings(svg), ['Checkpoint: 7,778; Loss (mean per row): 0.25']);
  t.true(svg.includes('values from 1 to 20,000'));
  t.true(svg.length < 150_000, `${svg.length} characters`);
});

test('the specification is plain JSON', (t) => {
  const spec = lossChart(run(5));
  t.deepEqual(JSON.parse(JSON.stringify(spec)), spec);
});

test('lossChart refuses no checkpoints and an unknown coordinate', (t) => {
  const none = t.throws(() => lossChart([]), { instanceOf: BlasnetError });
  t.is(none.code, 'ERR_BAD_ARGUMENT');
  t.is(none.message, 'Expected at least one checkpoint for records but received an array of 0');
  const unknown = t.throws(() => lossChart(run(2), { xCoordinate: 'time' as XCoordinate }), {
    instanceOf: BlasnetError,
  });
  t.is(unknown.code, 'ERR_BAD_ARGUMENT');
  t.is(unknown.message, `Expected 'nothing', 'iteration' or 'epoch' for xCoordinate but received 'time'`);
});
