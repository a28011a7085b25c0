import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor, writeNpz } from 'blasnet';
import { zipSync } from 'fflate';
import { encodeNpy } from '#blasnet/npz/npy';
import { blasnet, cellsOf, houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { answersOf, irisModel, rounded } from './predict-runs.js';

test('predict › columns come in any order, without labels, from files, rows of JSON, and to files', async (t) => {
  const { folder, net } = await irisModel(t);
  const cells = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
  const [expected] = answersOf(await net.predict([cells]), ['setosa', 'versicolor', 'virginica']);
  // Other numbers of rows, and ONNX, add the same numbers in another order.
  const near = (output: string, rows: number) => {
    const answers = JSON.parse(output) as (typeof expected)[];
    t.is(answers.length, rows);
    for (const answer of answers) {
      t.is(answer!.class, expected!.class);
      for (const [name, value] of Object.entries(expected!.probabilities)) {
        t.true(Math.abs(answer!.probabilities[name]! - value!) < 1e-6, name);
      }
    }
  };
  await write(folder, 'turned.csv', 'petal_width,note,petal_length,sepal_width,sepal_length\n0.2,x,1.4,3.5,5.1\n');
  await write(folder, 'rows.jsonl', `${JSON.stringify(cells)}\n${JSON.stringify(Object.values(cells))}\n`);
  await blasnet(folder, ['export', 'model.safetensors', 'model.onnx']);
  for (const model of ['model.safetensors', 'model.onnx']) {
    const turned = await blasnet(folder, ['predict', model, 'turned.csv', '--out', `${model}.json`]);
    t.deepEqual([turned.code, turned.output, turned.errors], [0, '', '']);
    near(await readFile(join(folder, `${model}.json`), 'utf8'), 1);
  }
  const lines = await blasnet(folder, ['predict', 'model.safetensors', 'rows.jsonl']);
  near(lines.output, 2);
  for (const input of [JSON.stringify([cells]), JSON.stringify(cells, null, 2), '[5.1, "3.5", 1.4, 0.2]']) {
    const { output, errors } = await blasnet(folder, ['predict', 'model.safetensors', '-'], { input });
    t.deepEqual([rounded(output), errors], [[expected], '']);
  }
});

test('predict › prices are in the units of the file; more rows than are held at once', async (t) => {
  const folder = await temporaryFolder(t);
  const csv = await houses(5000);
  await write(folder, 'houses.csv', csv);
  await blasnet(folder, ['train', 'houses.csv', '-l', 'price', '--ignore', 'id', 'date', '-e', '1', '--no-charts']);
  const { code, output } = await blasnet(folder, ['predict', 'model.safetensors', 'houses.csv']);
  t.is(code, 0);
  const [header, ...lines] = output.trim().split('\n');
  t.is(header, 'prediction');
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  const { outputs } = await net.predict(cellsOf(csv.replaceAll('"', '')));
  t.deepEqual(
    lines.map((line) => Math.fround(Number(line))),
    Array.from(outputs.data),
  );
});

test('predict › a net that knows no columns: npz, and cells in order', async (t) => {
  const folder = await temporaryFolder(t);
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', seed: 1 }), 'sum');
  net.addLayer(new FullyConnectedLayer(3, 2));
  await net.save(join(folder, 'sum.safetensors'));
  const rows = [
    [1, 2, 3],
    [-4, 5, 0.5],
  ];
  const expected = net.inference(Tensor.from(rows)).toArray() as number[][];
  await writeNpz(join(folder, 'rows.npz'), { data: Tensor.from(rows) });
  await write(folder, 'rows.csv', `${rows.map((row) => row.join(',')).join('\n')}\n`);
  for (const [data, ...options] of [['rows.npz'], ['rows.csv', '--no-header']]) {
    const { output, errors } = await blasnet(folder, ['predict', 'sum.safetensors', data!, ...options]);
    t.is(errors, '');
    const answers = cellsOf(output).map((row) =>
      [row.prediction_1, row.prediction_2].map((cell) => Math.fround(Number(cell))),
    );
    t.deepEqual(answers, expected);
  }
  const { output } = await blasnet(folder, ['predict', 'sum.safetensors', '-'], { input: JSON.stringify(rows) });
  t.deepEqual(
    rounded(output),
    expected.map((prediction) => ({ prediction })),
  );
  await writeNpz(join(folder, 'bad.npz'), {
    data: Tensor.from([
      [1, 2, 3],
      [1, Number.NaN, 3],
    ]),
  });
  const { code, errors } = await blasnet(folder, ['predict', 'sum.safetensors', 'bad.npz']);
  t.deepEqual([code, errors], [1, "blasnet: Expected finite numbers in row 1 of 'bad.npz' but received NaN\n"]);
  // Arrays beside 'data' are not read, whatever they hold.
  const members = { 'data.npy': encodeNpy([2, 3], Float64Array.from(rows.flat())), 'names.npy': new Uint8Array(9) };
  await writeFile(join(folder, 'more.npz'), zipSync(members));
  const more = await blasnet(folder, ['predict', 'sum.safetensors', 'more.npz']);
  t.deepEqual([more.code, more.errors], [0, '']);
  t.is(cellsOf(more.output).length, 2);
  await writeFile(join(folder, 'other.npz'), zipSync({ 'x.npy': members['data.npy'] }));
  const other = await blasnet(folder, ['predict', 'sum.safetensors', 'other.npz']);
  t.deepEqual([other.code, other.errors], [1, "blasnet: Expected an array 'data' in 'other.npz' but received x\n"]);
});

test('predict › what is wrong with rows is said with row and column, and no file is written', async (t) => {
  const { folder } = await irisModel(t);
  const header = 'sepal_length,sepal_width,petal_length,petal_width';
  await write(folder, 'kept.csv', 'before');
  const cases: [string, string][] = [
    [
      `${header}\n1,2,3,4\n1,2,x,4\n`,
      "Expected a number for row 2, column 'petal_length' in 'data.csv' but received 'x'",
    ],
    [
      `${header}\n1,2,,4\n`,
      "Expected a cell that is not missing for row 1, column 'petal_length' in 'data.csv' but received ''",
    ],
    [`${header}\n1,2,3\n`, "Expected 4 cells in line 2 of 'data.csv' but received 3"],
    [
      'sepal_length,petal_width\n1,2\n',
      "Expected a column 'sepal_width' in the columns of 'data.csv' but received 'sepal_length', 'petal_width'",
    ],
    [`${header}\n`, "Expected at least one row in 'data.csv' but received none"],
  ];
  for (const [csv, message] of cases) {
    await write(folder, 'data.csv', csv);
    const { code, output, errors } = await blasnet(folder, [
      'predict',
      'model.safetensors',
      'data.csv',
      '-o',
      'kept.csv',
    ]);
    t.deepEqual([code, output, errors], [1, '', `blasnet: ${message}\n`]);
    t.is(await readFile(join(folder, 'kept.csv'), 'utf8'), 'before');
  }
  for (const [input, message] of [
    ['[[1, 2, 3]]', 'Expected 4 cells for row 1 in the standard input but received 3'],
    [
      '[{"sepal_length": 1}]',
      "Expected cells for row 1, columns 'sepal_width', 'petal_length', 'petal_width' in the standard input but received undefined",
    ],
    [
      '[{"sepal_length": 1}, 5]',
      'Expected cells by column name or in order for row 2 in the standard input but received 5',
    ],
    ['17', 'Expected rows, as objects or arrays in the standard input but received 17'],
  ]) {
    const { code, output, errors } = await blasnet(folder, ['predict', 'model.safetensors', '-'], { input: input! });
    t.deepEqual([code, output, errors], [1, '', `blasnet: ${message}\n`]);
  }
});
