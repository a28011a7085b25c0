import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { NeuralNet } from 'blasnet';
import { classReport } from '#blasnet/cli/train/class-figures';
import { blasnet, houses, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

/** Few houses and a large net: the validation loss is lowest long before the end. */
async function overfitting(t: ExecutionContext): Promise<{ folder: string; args: string[] }> {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(150));
  const data = ['houses.csv', '-l', 'price', '--ignore', 'id', 'date', '--split', '0'];
  return { folder, args: ['train', ...data, '--net', '64-64', '--rate', '0.01', '--no-charts'] };
}

test('train › the model has the weights of the best epoch, and the report names it', async (t) => {
  const { folder, args } = await overfitting(t);
  const json = async (...more: string[]) => {
    const { code, output, errors } = await blasnet(folder, [...args, '-e', '60', '--json', ...more]);
    t.deepEqual([code, errors], [0, '']);
    return JSON.parse(output);
  };
  const best = await json();
  t.true(best.best.epoch < 60);
  t.deepEqual([best.weights, best.epochs], ['best', 60]);
  t.is(best.validation.loss, best.best.lossValidation);
  t.is(best.validation.r2, best.best.accuracyValidation);

  const last = await json('--no-restore-best');
  t.is(last.weights, 'last');
  t.deepEqual(last.best, best.best);
  t.true(last.validation.loss > best.validation.loss);

  await write(folder, 'config.json', JSON.stringify({ training: { restoreBest: false } }));
  t.deepEqual((await json('--config', 'config.json')).validation, last.validation);

  const { output } = await blasnet(folder, [...args, '-e', '60']);
  const { epoch } = best.best;
  t.regex(
    output,
    new RegExp(`^best: epoch ${epoch} of 60, validation loss [\\d.e-]+; the model has its weights$`, 'm'),
  );
});

test('train --resume › restores the best epoch of the whole run', async (t) => {
  const { folder, args } = await overfitting(t);
  const run = async (...more: string[]) => {
    const { code, output, errors } = await blasnet(folder, [...args, '--json', ...more]);
    t.deepEqual([code, errors], [0, '']);
    return JSON.parse(output);
  };
  const whole = await run('-e', '60', '-o', 'whole.safetensors');
  await run('-e', '50', '--checkpoint', 'run');
  const resumed = await run('-e', '60', '--checkpoint', 'run', '--resume');
  t.true(whole.best.epoch < 50);
  t.deepEqual([resumed.best, resumed.validation], [whole.best, whole.validation]);
  const weights = async (name: string) =>
    (await NeuralNet.load(join(folder, `${name}.safetensors`))).layers.map((layer) => layer.weights.W?.data);
  t.deepEqual(await weights('model'), await weights('whole'));
});

test('train › a classifier gets a table of its classes and a confusion matrix, a net for fitting gets R²', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'iris.csv', await irises());
  const { output } = await blasnet(folder, ['train', 'iris.csv', '-l', 'species', '--no-charts']);
  t.regex(output, /^baseline: accuracy 0\.\d{4} \(always '\w+', the most frequent class\)$/m);
  t.regex(output, /^ +precision +recall +f1 +support$/m);
  for (const name of ['setosa', 'versicolor', 'virginica', 'macro average', 'weighted average']) {
    t.regex(output, new RegExp(`^${name} +[01]\\.\\d{4} +[01]\\.\\d{4} +[01]\\.\\d{4} +\\d+$`, 'm'));
  }
  t.regex(
    output,
    /^confusion matrix \(rows: real class, columns: predicted class\)\n +setosa +versicolor +virginica$/m,
  );

  await write(folder, 'houses.csv', await houses(300));
  const fitting = await blasnet(folder, ['train', 'houses.csv', '-l', 'price', '--ignore', 'id', 'date', '-e', '2']);
  t.regex(fitting.output, /^test: loss [\d.e-]+, R² -?[\d.e-]+, root mean squared error \d+$/m);
  t.regex(fitting.output, /^baseline: R² -?[\d.e-]+, root mean squared error \d+ \(always the mean label\)$/m);
  t.false(/accuracy/i.test(fitting.output));
  const chart = await readFile(join(folder, 'model-loss.svg'), 'utf8');
  t.true(chart.includes("titled 'R²'"));
  t.false(/accuracy/i.test(chart.replace('Loss and accuracy', '').replaceAll(/"accuracy[^"]*"/g, '')));
});

test('the figures of classes are those of scikit-learn', (t) => {
  // classification_report([0, 1, 2, 2, 2], [0, 0, 2, 2, 1])
  const counts = [
    [1, 0, 0],
    [1, 0, 0],
    [0, 1, 2],
  ];
  const { perClass, macroAverage, weightedAverage } = classReport(counts, ['class 0', 'class 1', 'class 2']);
  const rounded = ({ precision, recall, f1, support }: typeof macroAverage) =>
    [precision, recall, f1].map((figure) => figure.toFixed(2)).concat(String(support));
  t.deepEqual(perClass.map(rounded), [
    ['0.50', '1.00', '0.67', '1'],
    ['0.00', '0.00', '0.00', '1'],
    ['1.00', '0.67', '0.80', '3'],
  ]);
  t.deepEqual(rounded(macroAverage), ['0.50', '0.56', '0.49', '5']);
  t.deepEqual(rounded(weightedAverage), ['0.70', '0.60', '0.61', '5']);
});

test('train › --loss, --metrics and --monitor: in the model, the report and the chart', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'iris.csv', await irises());
  const args = ['train', 'iris.csv', '-l', 'species', '-e', '30', '--loss', 'focal', '--metrics', 'f1,rocAuc,logLoss'];
  const { code, output, errors } = await blasnet(folder, [...args, '--monitor', 'logLoss']);
  t.deepEqual([code, errors], [0, '']);
  t.regex(output, /^best: epoch \d+ of 30, validation logLoss [\d.e-]+; the model has its weights$/m);
  t.regex(output, /^test: loss [\d.e-]+, accuracy [\d.]+, f1 [\d.]+, rocAuc [\d.]+, logLoss [\d.e-]+$/m);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  const { loss, metrics, monitor, netType } = net.params;
  t.deepEqual([loss, metrics, monitor], ['focal', ['f1', 'rocAuc', 'logLoss'], 'logLoss']);
  t.is(netType, 'multipleClassifier');
  const chart = await readFile(join(folder, 'model-loss.svg'), 'utf8');
  for (const name of ['f1', 'rocAuc', 'logLoss']) t.true(chart.includes(`>${name}</text>`), name);

  const result = JSON.parse((await blasnet(folder, [...args, '--json', '--no-charts'])).output);
  t.deepEqual(Object.keys(result.test.metrics), ['f1', 'rocAuc', 'logLoss']);
  t.is(result.test.metrics.f1.toFixed(9), macroF1(result.test.confusionMatrix).toFixed(9));
});

/** The mean over the classes of 2 · right / (found + there). */
function macroF1(matrix: number[][]): number {
  const each = matrix.map((row, i) => {
    const sums = [row, matrix.map((other) => other[i]!)].map((list) => list.reduce((sum, count) => sum + count));
    return (2 * row[i]!) / (sums[0]! + sums[1]!);
  });
  return each.reduce((sum, one) => sum + one) / each.length;
}
