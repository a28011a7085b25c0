// `blasnet predict` with nets of several inputs.
import { join } from 'node:path';
import test from 'ava';
import { Tensor, writeNpz } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { shopsNet, twoOutputs } from '../support/named-nets.js';

const probabilities = (output: string) =>
  (JSON.parse(output) as { class: string; probabilities: { dear: number } }[]).map((answer) => [
    answer.class,
    Math.fround(answer.probabilities.dear),
  ]);

test('CSV by columns, JSON by columns or inputs, npz by inputs', async (t) => {
  const net = await shopsNet(t);
  const folder = await temporaryFolder(t);
  await net.save(join(folder, 'shops.safetensors'));
  const cells = [
    { shop: 'a', week1: 3, week2: 1 },
    { shop: 'c', week1: 28, week2: 0 },
  ];
  const { outputs, classes } = await net.predict(cells);
  const expected = classes!.map((name, i) => [name, outputs.data[i]]);
  await write(folder, 'rows.csv', 'week2,id,shop,week1\n1,x,a,3\n0,y,c,28\n');
  await write(folder, 'rows.json', JSON.stringify(cells));
  const byInput = {
    shop: [
      [1, 0, 0],
      [0, 0, 1],
    ],
    sales: [
      [3, 1],
      [28, 0],
    ],
  };
  await write(
    folder,
    'inputs.json',
    JSON.stringify([0, 1].map((i) => ({ shop: byInput.shop[i], sales: byInput.sales[i] }))),
  );
  const sales = Tensor.from(byInput.sales);
  await writeNpz(join(folder, 'rows.npz'), { sales, shop: Tensor.from(byInput.shop) });
  for (const file of ['rows.csv', 'rows.json', 'rows.npz']) {
    const { code, output, errors } = await blasnet(folder, ['predict', 'shops.safetensors', file, '--format', 'json']);
    t.deepEqual([code, errors], [0, ''], file);
    t.deepEqual(probabilities(output), expected, file);
  }
  const kept = await blasnet(folder, ['predict', 'shops.safetensors', 'rows.csv', '--keep', 'id']);
  t.regex(kept.output, /^id,class,p\(dear\)\nx,\w+,[\d.]+\ny,\w+,[\d.]+\n$/);

  await writeNpz(join(folder, 'uneven.npz'), { sales, shop: Tensor.from([[1, 0, 0]]) });
  await writeNpz(join(folder, 'half.npz'), { sales });
  await write(folder, 'half.csv', 'week1,shop\n1,a\n');
  await write(folder, 'unknown.csv', 'week1,week2,shop\n1,2,a\n1,2,z\n');
  for (const [file, message] of [
    ['uneven.npz', /1 rows for 'sales' of .*uneven\.npz' but received 2|2 rows for 'shop'/],
    ['half.npz', /an array 'shop'/],
    ['half.csv', /a column 'week2'/],
    ['unknown.csv', /row 2, column 'shop'/],
  ] as const) {
    const { code, errors } = await blasnet(folder, ['predict', 'shops.safetensors', file]);
    t.is(code, 1, file);
    t.regex(errors, message);
  }

  net.preparation = { inputs: { shop: { inputShape: [3] }, sales: { inputShape: [2] } }, targets: { '': {} } };
  await net.save(join(folder, 'plain.safetensors'));
  const raw = await net.predict(byInput);
  const plain = await blasnet(folder, ['predict', 'plain.safetensors', 'inputs.json']);
  t.deepEqual([plain.code, plain.errors], [0, '']);
  const [first] = JSON.parse(plain.output) as { probabilities: Record<string, number> }[];
  t.deepEqual(Object.values(first!.probabilities).map(Math.fround), [raw.outputs.data[0]!]);
  const refused = await blasnet(folder, ['predict', 'plain.safetensors', 'rows.csv']);
  t.is(refused.code, 1);
  t.regex(refused.errors, /JSON or npz, since the model knows no columns/);
});

test('a net with several outputs is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await twoOutputs().save(join(folder, 'two.safetensors'));
  await write(folder, 'rows.json', '[{"x": [1, 2]}]');
  const { code, errors } = await blasnet(folder, ['predict', 'two.safetensors', 'rows.json']);
  t.is(code, 2);
  t.regex(errors, /for nets with one output, but 'two\.safetensors' has 2/);
});
