import { join } from 'node:path';
import test from 'ava';
import { NeuralNet, Tensor, writeNpz } from 'blasnet';
import { blasnet, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { houseOptions, housesFor } from './train-runs.js';

test('train › the same seed gives the same model, with any number of threads', async (t) => {
  const folder = await housesFor(t);
  for (const [name, ...options] of [
    ['a', '--threads', '1'],
    ['b', '--threads', '2'],
    ['c', '--seed', '1'],
  ] as const) {
    const { code } = await blasnet(folder, [
      'train',
      ...houseOptions,
      '--no-charts',
      '--out',
      `${name}.safetensors`,
      ...options,
    ]);
    t.is(code, 0);
  }
  const weightsOf = async (name: string) => {
    const { layers } = await NeuralNet.load(join(folder, `${name}.safetensors`));
    return layers.map(({ weights }) => Object.values(weights).map((tensor) => tensor.toArray()));
  };
  t.deepEqual(await weightsOf('a'), await weightsOf('b'));
  t.notDeepEqual(await weightsOf('a'), await weightsOf('c'));
});

const rowsOf = (labels: readonly (string | number)[]) =>
  `x,y\n${Array.from({ length: 40 }, (_, i) => `${i},${labels[i % labels.length]}`).join('\n')}\n`;

test('train › the type follows the labels, or --type', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'names.csv', rowsOf(['yes', 'no']));
  await write(folder, 'bits.csv', rowsOf([0, 1, 1]));
  await write(folder, 'numbers.csv', rowsOf([3, 5, 9]));
  const run = async (...options: string[]) => {
    const { code, output, errors } = await blasnet(folder, [
      'train',
      ...options,
      '-l',
      'y',
      '-e',
      '1',
      '--no-charts',
      '--json',
    ]);
    if (code !== 0) return errors;
    const { type, classes } = JSON.parse(output);
    const { preparation, layers } = await NeuralNet.load(join(folder, 'model.safetensors'));
    return [type, classes, preparation?.classes, layers.at(-1)?.kind];
  };
  t.deepEqual(await run('names.csv'), ['binaryClassifier', ['no', 'yes'], ['no', 'yes'], 'sigmoid']);
  t.deepEqual(await run('names.csv', '--type', 'multiple'), [
    'multipleClassifier',
    ['no', 'yes'],
    ['no', 'yes'],
    'softmax',
  ]);
  t.deepEqual(await run('bits.csv'), ['binaryClassifier', undefined, ['0', '1'], 'sigmoid']);
  t.deepEqual(await run('numbers.csv'), ['fitting', undefined, undefined, 'fully connected']);
  const classes = ['3', '5', '9'];
  t.deepEqual(await run('numbers.csv', '--type', 'multiple'), ['multipleClassifier', classes, classes, 'softmax']);
  t.is(
    await run('numbers.csv', '--type', 'binary'),
    "blasnet: Expected multipleClassifier, since the label has 3 names, for the type but received 'binaryClassifier'\n",
  );
  t.is(
    await run('names.csv', '--type', 'fitting'),
    "blasnet: Expected binaryClassifier or multipleClassifier, since the label has 2 names, for the type but received 'fitting'\n",
  );
});

test('train › npz with a test set of its own: --split 0 takes it, and an error says so', async (t) => {
  const folder = await temporaryFolder(t);
  const x = Tensor.from(Array.from({ length: 40 }, (_, i) => [i, -i]));
  const y = Tensor.from(Array.from({ length: 40 }, (_, i) => [2 * i]));
  await writeNpz(join(folder, 'sets.npz'), { x_train: x, y_train: y, x_test: x.slice(0, 7), y_test: y.slice(0, 7) });
  const train = (...options: string[]) => blasnet(folder, ['train', 'sets.npz', '--no-charts', '--json', ...options]);
  const refused = await train();
  t.is(refused.code, 1);
  t.regex(refused.errors, /^blasnet: Expected no test set in 'sets.npz' \(.* --split 0; .*\) for split/);
  const { code, output } = await train('--split', '0', '-e', '1');
  t.is(code, 0);
  t.is((JSON.parse(output) as { rows: { test: number } }).rows.test, 7);
});

test('train › --net: hidden layers, all layers, none, and lists that do not fit', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'iris.csv', await irises());
  const run = async (list: string) => {
    const { code, errors } = await blasnet(folder, [
      'train',
      'iris.csv',
      '-l',
      'species',
      '-e',
      '1',
      '--no-charts',
      '--net',
      list,
      '--activation',
      'tanh',
    ]);
    if (code !== 0) return [code, errors];
    const { layers, layerNames } = await NeuralNet.load(join(folder, 'model.safetensors'));
    return [layers.map(({ weights: { W } }) => W?.shape).filter((shape) => shape), layerNames];
  };
  const names = ['hidden1', 'tanh1', 'hidden2', 'tanh2', 'output', 'softmax'];
  t.deepEqual(await run('8-5'), [
    [
      [4, 8],
      [8, 5],
      [5, 3],
    ],
    names,
  ]);
  t.deepEqual(await run('4-8-5-3'), [
    [
      [4, 8],
      [8, 5],
      [5, 3],
    ],
    names,
  ]);
  t.deepEqual(await run('none'), [[[4, 3]], ['output', 'softmax']]);
  for (const list of ['5-8-3', '4-8-2', '14-32-16-8-4-1']) {
    t.deepEqual(await run(list), [
      1,
      `blasnet: Expected hidden layers only, or 4 inputs at the start and 3 outputs at the end, as in the data, for net but received '${list}'\n`,
    ]);
  }
  t.deepEqual(await run('8x5'), [
    1,
    "blasnet: Expected widths such as '32-16' or '14-32-16-1', or 'none' for no hidden layer for net but received '8x5'\n",
  ]);
});

test('train › columns of names, missing cells and files without a header', async (t) => {
  const folder = await temporaryFolder(t);
  const lines = Array.from({ length: 40 }, (_, i) => `${['red', 'green'][i % 2]},${i % 5 === 0 ? '' : i},${i * 2}`);
  await write(folder, 'a.csv', `colour,x,y\n${lines.join('\n')}\n`);
  await write(folder, 'b.csv', `${lines.join('\n')}\n`);
  const run = (...args: string[]) => blasnet(folder, ['train', ...args, '--epochs', '1', '--no-charts']);
  const preparation = async () => (await NeuralNet.load(join(folder, 'model.safetensors'))).preparation;
  t.is((await run('a.csv', '-l', 'y', '--categorical', '--missing', 'median', '--split', '0')).code, 0);
  t.like((await preparation())?.columns, [
    { name: 'colour', encoding: 'oneHot', categories: ['green', 'red'] },
    { name: 'x', encoding: 'none', missing: { fill: 20 } },
  ]);
  t.is((await run('b.csv', '--no-header', '-l', '2', '--categorical', '0=number', '--missing', '1=-5')).code, 0);
  t.like((await preparation())?.columns, [
    { name: '0', encoding: 'number' },
    { name: '1', missing: { fill: -5 } },
  ]);
  t.is((await run('a.csv', '-l', 'y', '--ignore', 'colour', '--missing', 'drop', '--no-normalize')).code, 0);
  t.like(await preparation(), { featureNames: ['x'], x: undefined, y: undefined });
  const { code, errors } = await run('a.csv', '-l', 'y', '--categorical');
  t.is(code, 1);
  t.regex(errors, /^ {2}x: Expected a cell that is not missing in line 2 but received ''\n {4}use --missing x=median/m);
});
