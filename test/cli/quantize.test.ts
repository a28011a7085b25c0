import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { runtimeOf } from '../onnx/runtime.js';
import { blasnet, cellsOf, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

test('quantize › writes a net with int8 weights, and says what each layer loses', async (t) => {
  const folder = await temporaryFolder(t);
  const csv = await irises();
  await write(folder, 'iris.csv', csv);
  const options = ['-l', 'species', '-e', '40', '--net', '64-32', '--no-charts', '-q'];
  t.is((await blasnet(folder, ['train', 'iris.csv', ...options])).code, 0);
  const { code, output, errors } = await blasnet(folder, [
    ...['quantize', 'model.safetensors', '--rows', 'iris.csv', '--out', 'small.safetensors'],
  ]);
  t.deepEqual([code, errors], [0, '']);
  t.regex(output, /^layer +kind +int8 +signal to noise\n/);
  t.regex(output, /^\S+ +fully connected +yes +\d\d\.\d dB$/m);
  t.regex(output, /no: no weights/);
  t.regex(output, /output of the net +\d\d\.\d dB$/m);
  t.regex(output, /measured on 150 rows/);
  const [large, little] = await Promise.all(
    ['model', 'small'].map(async (name) => (await stat(join(folder, `${name}.safetensors`))).size),
  );
  t.true(little! < large!);
  const cells = cellsOf(csv);
  const [expected, received] = await Promise.all(
    ['model', 'small'].map(async (name) => {
      const net = await NeuralNet.load(join(folder, `${name}.safetensors`));
      return (await net.predict(cells)).classes!;
    }),
  );
  t.true(received!.filter((name, i) => name === expected![i]).length >= 147);

  const inspected = await blasnet(folder, ['inspect', 'small.safetensors']);
  t.regex(inspected.output, /fully connected int8/);
  const predicted = await blasnet(folder, ['predict', 'small.safetensors', 'iris.csv']);
  t.deepEqual(
    cellsOf(predicted.output).map((row) => row.class),
    received,
  );

  const onnx = await blasnet(folder, [
    'quantize',
    'model.safetensors',
    '-r',
    'iris.csv',
    '-o',
    'small.onnx',
    '--percentile',
    '99.9',
  ]);
  t.is(onnx.code, 0);
  t.truthy(await runtimeOf(join(folder, 'small.onnx')));
  t.true((await readFile(join(folder, 'small.onnx'))).includes('QuantizeLinear'));
});

test('quantize › wrong usage', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [words, message] of [
    [['--out', 'a.safetensors'], /Expected --rows/],
    [['--rows', 'a.csv'], /Expected --out/],
    [['--rows', 'a.csv', '--out', 'a.h5'], /ends in .safetensors or .onnx for --out/],
    [['--rows', 'a.csv', '--out', 'a.onnx', '--percentile', '20'], /Expected a number above 50/],
  ] as const) {
    const { code, errors } = await blasnet(folder, ['quantize', 'model.safetensors', ...words]);
    t.is(code, 2);
    t.regex(errors, message);
  }
});
