import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

test('train › names in another spelling get a suggestion, as flags and in the config', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'a.csv', `x,y\n${Array.from({ length: 40 }, (_, i) => `${i},${i * 2}`).join('\n')}\n`);
  const errorsOf = async (...args: string[]) => (await blasnet(folder, ['train', 'a.csv', '-l', 'y', ...args])).errors;
  t.regex(await errorsOf('--optimizer', 'Adam'), /'Adam' is invalid\. Expected .*; did you mean 'adam'\?/);
  t.regex(await errorsOf('--activation', 'ReLU'), /'ReLU' is invalid\. Expected .*; did you mean 'relu'\?/);
  t.regex(await errorsOf('--loss', 'hubber'), /'hubber' is invalid\. Expected .*; did you mean 'huber'\?/);
  t.regex(await errorsOf('--loss', 'sparseCrossEntropy'), /'sparseCrossEntropy' is invalid\. Expected/);
  t.regex(await errorsOf('--metrics', 'r2,F1'), /'r2,F1' is invalid\. Expected .*; did you mean 'f1'\?/);
  t.regex(await errorsOf('--monitor', 'meanAbsoluteError'), /Expected one of loss, r2 for monitor but received/);
  t.regex(await errorsOf('--type', 'regression'), /'regression' is invalid\. Expected .*; did you mean 'fitting'\?/);
  for (const [config, suggestion] of [
    [{ hyperParameters: { optimizer: 'Adam' } }, 'adam'],
    [{ activation: 'LeakyReLU' }, 'leakyRelu'],
    [{ activaton: 'relu' }, 'activation'],
    [{ layers: [{ type: 'FullyConectedLayer' }] }, 'FullyConnectedLayer'],
    [{ reader: { categoricals: 'oneHot' } }, 'categorical'],
    [{ training: { shufle: true } }, 'shuffle'],
  ] as const) {
    await write(folder, 'config.json', JSON.stringify(config));
    const errors = await errorsOf('--config', 'config.json');
    t.true(errors.endsWith(`; did you mean '${suggestion}'?\n`), errors);
  }
});

test('train › missing cells: a default with exceptions, by options and by config', async (t) => {
  const folder = await temporaryFolder(t);
  const cell = (value: number | string, i: number, every: number) => (i % every === 0 ? '' : value);
  const lines = Array.from(
    { length: 60 },
    (_, i) => `${cell(i, i, 5)},${cell(i * i, i, 7)},${cell(['Ulm', 'Bonn'][i % 2]!, i, 6)},${i}`,
  );
  await write(folder, 'a.csv', `age,size,city,y\n${lines.join('\n')}\n`);
  const run = async (...args: string[]) => {
    const common = ['train', 'a.csv', '-l', 'y', '--categorical', 'city', '-e', '1', '--no-charts', '-q'];
    const { code, errors } = await blasnet(folder, [...common, ...args]);
    if (code !== 0) return errors;
    const { preparation } = await NeuralNet.load(join(folder, 'model.safetensors'));
    return preparation!.columns!.map(({ missing }) => missing);
  };
  const found = await run('--missing', 'median', 'size=-1', 'city=category');
  t.deepEqual(found.slice(1), [{ fill: -1 }, { category: '' }]);
  const [age] = found as { fill: number }[];
  t.true(age!.fill > 20 && age!.fill < 40, JSON.stringify(age));
  t.deepEqual(await run('--missing', 'city=category', 'median', 'size=-1'), found);
  await write(
    folder,
    'config.json',
    JSON.stringify({ reader: { missing: { '*': 'median', size: -1, city: 'category' } } }),
  );
  t.deepEqual(await run('--config', 'config.json'), found);
  t.regex(String(await run('--missing', 'median', 'mean')), /^blasnet: --missing: Expected one policy for all columns/);
  t.regex(String(await run('--missing', 'size=median')), /^ {2}age: Expected a cell that is not missing/m);
});

test('train › missing: category leaves columns of numbers without a missing cell as they are', async (t) => {
  const folder = await temporaryFolder(t);
  const lines = Array.from({ length: 40 }, (_, i) => `${i},${i % 4 === 0 ? '' : 'red'},${i}`);
  await write(folder, 'a.csv', `x,colour,y\n${lines.join('\n')}\n`);
  const args = ['train', 'a.csv', '-l', 'y', '--categorical', '--missing', 'category', '-e', '1', '--no-charts', '-q'];
  t.deepEqual(await blasnet(folder, args).then(({ code, errors }) => [code, errors]), [0, '']);
  const { preparation } = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.like(preparation!.columns, [{ missing: 'error' }, { missing: { category: '' } }]);
});
