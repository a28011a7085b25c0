import { join } from 'node:path';
import test from 'ava';
import { activationNames, lossNames, metricNames, NeuralNet, optimizerNames } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

test('train › the help lists the activations and optimizers of the library', async (t) => {
  const { output } = await blasnet('.', ['train', '--help']);
  const plain = output.replaceAll(/\s+/g, ' ');
  t.true(plain.includes(`after each hidden layer: ${activationNames.join(', ')} (default: relu)`));
  t.true(plain.includes(`optimizer: ${optimizerNames.join(', ')} (default: adam)`));
});

test('train › the help lists the losses and metrics of the library', async (t) => {
  const { output } = await blasnet('.', ['train', '--help']);
  const plain = output.replaceAll(/\s+/g, ' ');
  const losses = lossNames.filter((name) => name !== 'sparseCrossEntropy');
  t.true(plain.includes(`loss: ${losses.join(', ')} (default: follows from the type)`), plain);
  t.true(plain.includes(`figures to tell, such as f1,rocAuc: ${metricNames.join(', ')}`), plain);
});

test('train › options that exclude each other', async (t) => {
  const errorsOf = async (...args: string[]) => (await blasnet('.', ['train', 'x.csv', '-l', 'y', ...args])).errors;
  t.regex(await errorsOf('--test', 'b.csv', '--split', '5'), /'--test <file>' cannot be used with option '--split/);
  t.regex(await errorsOf('--scale', 'standard', '--no-normalize'), /cannot be used with option '--no-normalize'/);
  for (const size of ['1.5', '-1', 'half', '']) {
    t.regex(await errorsOf('--split', size), /Expected a share above 0 and below 1, a whole number k/);
  }
});

test('train › --precision, or its key in the config', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'a.csv', `x,y\n${Array.from({ length: 40 }, (_, i) => `${i},${i * 2}`).join('\n')}\n`);
  await write(folder, 'config.json', JSON.stringify({ hyperParameters: { precision: 'bfloat16' } }));
  const common = ['train', 'a.csv', '-l', 'y', '-e', '1', '--no-charts', '-q'];
  const precisionBy = async (...args: string[]) => {
    const { code, errors } = await blasnet(folder, [...common, ...args]);
    t.deepEqual([code, errors], [0, ''], args.join());
    return (await NeuralNet.load(join(folder, 'model.safetensors'))).params.precision;
  };
  t.is(await precisionBy(), 'float32');
  t.is(await precisionBy('--precision', 'bfloat16'), 'bfloat16');
  t.is(await precisionBy('--config', 'config.json'), 'bfloat16');
  const { errors } = await blasnet(folder, [...common, '--precision', 'bfloat16', '--dtype', 'float64']);
  t.regex(errors, /Expected 'float32' beside the dtype float64 for precision but received 'bfloat16'/);
});
