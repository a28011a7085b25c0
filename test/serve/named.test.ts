// Nets of several inputs and outputs in the open inference protocol.
import test from 'ava';
import { type Prediction, Tensor } from 'blasnet';
import { lookupNet, shopsNet, shopsReader, twoOutputs } from '../support/named-nets.js';
import { get, type InferAnswer, post, servingApp } from '../support/serving.js';

const infer = '/v2/models/m/infer';
const outputsOf = (answer: { json: unknown }) => (answer.json as InferAnswer).outputs;

const sales = { name: 'sales', datatype: 'FP64', shape: [3, 2], data: [29, 3, 0, 0, 29, 3] };
const shop = { name: 'shop', datatype: 'INT32', shape: [3], data: [0, 2, 1] };

test('inputs by name, among them class numbers', async (t) => {
  const net = lookupNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { inputs } = (await get(app, '/v2/models/m')).json as { inputs: unknown };
  t.deepEqual(inputs, [
    { name: 'shop', datatype: 'INT32', shape: [-1] },
    { name: 'sales', datatype: 'FP32', shape: [-1, 2] },
  ]);
  const raw = {
    shop: [0, 2, 1],
    sales: [
      [29, 3],
      [0, 0],
      [0.5, 0.5],
    ],
  };
  const data = raw.sales.flat();
  const expected = [...(await net.predict(raw)).outputs.data];
  const [output, kind] = outputsOf(await post(app, infer, { inputs: [{ ...sales, data }, shop] }));
  t.deepEqual([output!.data, kind!.data], [expected, ['0', '1', '0']]);
  const nested = { ...shop, shape: [3, 1], data: [[0], [2], [1]] };
  t.deepEqual(
    outputsOf(await post(app, infer, { inputs: [nested, { ...sales, data: raw.sales }] }))[0]!.data,
    expected,
  );

  for (const [wrong, message] of [
    [[sales], "Expected an input 'shop' for inputs but received none"],
    [[sales, shop, { ...shop, name: 'other' }], /inputs among shop, sales for inputs but received 'other'/],
    [[sales, { ...shop, shape: [2], data: [1, 2] }], /\[3\] for the shape of input 'shop' but received \[2\]/],
    [[{ ...sales, shape: [3, 1], data: [1, 2, 3] }, shop], /\[3, 2\] for the shape of input 'sales'/],
    [[sales, { ...shop, datatype: 'FP32', data: [0, 0.5, 1] }], /a whole number for number 1 of input 'shop'/],
    [[sales, { ...shop, datatype: 'INT64', data: [0, 2 ** 31, 1] }], /number 1 of input 'shop'/],
    [[sales, { ...shop, datatype: 'BYTES', data: ['a', 'b', 'c'] }], /a datatype of numbers/],
    [[{ ...sales, data: [1, 2, 3, 4, 5, 1e39] }, shop], /number 5 of input 'sales'/],
  ] as const) {
    const { status, json } = await post(app, infer, { inputs: wrong });
    t.is(status, 400);
    const { error } = json as { error: string };
    if (typeof message === 'string') t.is(error, message);
    else t.regex(error, message);
  }
  t.is((await post(app, infer, { inputs: [sales, { ...shop, data: [16777217, 0, 0] }] })).status, 422);
});

test('cells of columns, which each input takes its own of', async (t) => {
  const net = lookupNet();
  net.preparation = (await shopsReader(t, 'index')).preparation;
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { inputs, parameters } = (await get(app, '/v2/models/m')).json as {
    inputs: { name: string; datatype: string }[];
    parameters: { classes: string[] };
  };
  t.deepEqual(
    inputs.map(({ name, datatype }) => `${name} ${datatype}`),
    ['week1 FP64', 'week2 FP64', 'shop BYTES'],
  );
  t.deepEqual(parameters.classes, ['cheap', 'dear']);
  const cells = [
    { name: 'shop', datatype: 'BYTES', shape: [2], data: ['c', 'b'] },
    { name: 'week1', datatype: 'FP64', shape: [2], data: [0, 29] },
    { name: 'week2', datatype: 'FP64', shape: [2], data: [0, 3] },
  ];
  const rows = [0, 1].map((i) => Object.fromEntries(cells.map(({ name, data }) => [name, data[i]!])));
  const expected = await net.predict(rows);
  const [output, kind] = outputsOf(await post(app, infer, { inputs: cells }));
  t.deepEqual([output!.data, kind!.data], [[...expected.outputs.data], expected.classes]);
  const byInput = {
    inputs: [
      { ...sales, shape: [2, 2], data: [0, 0, 29, 3] },
      { ...shop, shape: [2], data: [2, 1] },
    ],
  };
  t.deepEqual(outputsOf(await post(app, infer, byInput))[0]!.data, output!.data);
  const unknown = await post(app, infer, { inputs: [{ ...cells[0]!, data: ['c', 'z'] }, ...cells.slice(1)] });
  t.is(unknown.status, 400);
});

test('many requests at once are answered as alone', async (t) => {
  const net = await shopsNet(t);
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxBatch: 4 });
  const rows = Array.from({ length: 10 }, (_, i) => ({ shop: 'abc'[i % 3]!, week1: i, week2: 3 - (i % 4) }));
  const answers = await Promise.all(
    rows.map((row) => {
      const inputs = Object.entries(row).map(([name, cell]) => {
        return { name, datatype: typeof cell === 'string' ? 'BYTES' : 'FP64', shape: [1], data: [cell] };
      });
      return post(app, infer, { inputs });
    }),
  );
  const { outputs, classes } = await net.predict(rows);
  for (const [i, answer] of answers.entries()) {
    const [output, kind] = outputsOf(answer);
    t.true(Math.abs((output!.data as number[])[0]! - outputs.data[i]!) < 1e-6);
    t.deepEqual(kind!.data, [classes![i]]);
  }
});

test('several outputs, all or some', async (t) => {
  const net = twoOutputs();
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { outputs } = (await get(app, '/v2/models/m')).json as { outputs: unknown };
  t.deepEqual(outputs, [
    { name: 'sum.output', datatype: 'FP32', shape: [-1, 1] },
    { name: 'kind.output', datatype: 'FP32', shape: [-1, 2] },
    { name: 'kind.class', datatype: 'BYTES', shape: [-1] },
  ]);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [10, 20, 30, 0] }];
  const both = await net.predict<Record<'sum' | 'kind', Prediction>>(
    Tensor.from([
      [10, 20],
      [30, 0],
    ]),
  );
  t.deepEqual(
    outputsOf(await post(app, infer, { inputs })).map(({ name, data }) => [name, data]),
    [
      ['sum.output', [130, 130]],
      ['kind.output', [...both.kind.outputs.data]],
      ['kind.class', ['second', 'first']],
    ],
  );
  const some = await post(app, infer, { inputs, outputs: [{ name: 'kind.class' }] });
  t.deepEqual(
    outputsOf(some).map(({ data }) => data),
    [['second', 'first']],
  );
  const { status, json } = await post(app, infer, { inputs, outputs: [{ name: 'class' }] });
  t.is(status, 400);
  t.regex((json as { error: string }).error, /names among sum\.output, kind\.output, kind\.class/);
});
