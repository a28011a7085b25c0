import test from 'ava';
import { ClassificationLayer, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { classifier, fittingNet, rowsOfNumbers } from '../support/nets.js';
import { type InferAnswer, inputOf, post, servingApp } from '../support/serving.js';

const infer = '/v2/models/m/infer';
const outputsOf = (answer: { json: unknown }) => (answer.json as InferAnswer).outputs;

test('infer › answers what net.predict says, to the bit', async (t) => {
  const net = classifier(5, 3);
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const x = rowsOfNumbers(4, 5);
  const { outputs, classes } = await net.predict(x);
  const { status, json, headers } = await post(app, infer, { id: 'a "b"', ...inputOf([...x.data], [4, 5]) });
  t.is(status, 200);
  t.is(headers['content-type'], 'application/json; charset=utf-8');
  t.deepEqual(json, {
    model_name: 'm',
    model_version: '1',
    id: 'a "b"',
    outputs: [
      { name: 'output', shape: [4, 3], datatype: 'FP32', data: [...outputs.data] },
      { name: 'class', shape: [4], datatype: 'BYTES', data: classes },
    ],
  });
});

test('infer › a net in double precision keeps it', async (t) => {
  const net = fittingNet([2, 1], { dtype: 'float64' });
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const row = [0.1234567890123456, 1e-300];
  const { outputs } = await net.predict(Tensor.from(Float64Array.from(row)));
  t.deepEqual(outputsOf(await post(app, infer, inputOf(row, [1, 2], 'FP64'))), [
    { name: 'output', shape: [1, 1], datatype: 'FP64', data: [...outputs.data] },
  ]);
});

test('infer › rows are prepared, labels are as they were in the file', async (t) => {
  const net = fittingNet([2, 1]);
  net.preparation = {
    inputShape: [2],
    x: { per: 'column', divisor: 1, offset: [1, 2], scale: [0.5, 3] },
    y: { offset: [100], scale: [7] },
  };
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { outputs } = await net.predict(Tensor.from([3, 4]));
  t.deepEqual(outputsOf(await post(app, infer, inputOf([3, 4], [1, 2])))[0]!.data, [...outputs.data]);
  t.true(Math.abs(outputs.data[0]! - 100) > 0.1);
});

test('infer › data is flat or nested, a lone row may leave out its dimension, images come in any shape', async (t) => {
  const net = fittingNet([4, 2]);
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const a = [1, 2, 3, 4];
  const b = [5, 6, 7, 8];
  const expected = [...(await net.predict(Tensor.from([a, b]))).outputs.data];
  const shapes: [unknown, number[]][] = [
    [
      [...a, ...b],
      [2, 4],
    ],
    [
      [a, b],
      [2, 4],
    ],
    [
      [...a, ...b],
      [2, 2, 2],
    ],
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ],
      [2, 2, 2],
    ],
  ];
  for (const [data, shape] of shapes) {
    const [output] = outputsOf(await post(app, infer, inputOf(data, shape)));
    t.deepEqual(output, { name: 'output', shape: [2, 2], datatype: 'FP32', data: expected });
  }
  const [alone] = outputsOf(await post(app, infer, inputOf(a, [4])));
  t.deepEqual(alone!.shape, [1, 2]);
});

test('infer › every numeric datatype, booleans too', async (t) => {
  const net = fittingNet([2, 1]);
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const expected = [...(await net.predict(Tensor.from([1, 0]))).outputs.data];
  for (const datatype of ['INT8', 'INT64', 'UINT8', 'UINT64', 'FP16', 'FP32', 'FP64', 'BOOL']) {
    t.deepEqual(outputsOf(await post(app, infer, inputOf([1, 0], [1, 2], datatype)))[0]!.data, expected, datatype);
  }
  t.deepEqual(outputsOf(await post(app, infer, inputOf([true, false], [1, 2], 'BOOL')))[0]!.data, expected);
});

test('infer › outputs are chosen by name', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: classifier(2, 3) }] });
  const names = async (...wanted: string[]) => {
    const request = { ...inputOf([1, 2], [1, 2]), outputs: wanted.map((name) => ({ name })) };
    return outputsOf(await post(app, infer, request)).map(({ name }) => name);
  };
  t.deepEqual(await names('class'), ['class']);
  t.deepEqual(await names('class', 'output'), ['class', 'output']);
  const { status, json } = await post(app, infer, { ...inputOf([1, 2], [1, 2]), outputs: [{ name: 'logits' }] });
  t.is(status, 400);
  t.deepEqual(json, { error: "Expected names among output, class for outputs but received 'logits'" });
});

/** A car's price by its age and color. */
function carNet() {
  const net = fittingNet([4, 1]);
  net.preparation = {
    inputShape: [4],
    columns: [
      { name: 'age', encoding: 'none', missingCells: ['?'], missing: { fill: 10 } },
      { name: 'color', encoding: 'oneHot', categories: ['blue', 'red'], missingCells: [], missing: 'error' },
      { name: '__proto__', encoding: 'number', categories: ['0', '1'], missingCells: [], missing: 'error' },
    ],
  };
  return net;
}

test('infer › cells of raw columns, as strings or numbers', async (t) => {
  const net = carNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const expected = await net.predict(
    Tensor.from([
      [3, 0, 1, 1],
      [10, 1, 0, 0],
    ]),
  );
  const color = { name: 'color', datatype: 'BYTES', shape: [2], data: ['red', 'blue'] };
  const kind = { name: '__proto__', datatype: 'INT32', shape: [2, 1], data: [[1], [0]] };
  const ages = [
    { name: 'age', datatype: 'BYTES', shape: [2], data: ['3', '?'] },
    { name: 'age', datatype: 'FP64', shape: [2], data: [3, 10] },
  ];
  for (const age of ages) {
    t.deepEqual(outputsOf(await post(app, infer, { inputs: [color, age, kind] }))[0]!.data, [...expected.outputs.data]);
  }
  const encoded = await post(app, infer, inputOf([3, 0, 1, 1], [1, 4]));
  t.deepEqual(outputsOf(encoded)[0]!.data, [expected.outputs.data[0]!]);
});

test('infer › what is wrong with columns', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: carNet() }] });
  const columns = (age: unknown, color: unknown) => ({
    inputs: [
      { name: 'age', datatype: 'FP64', shape: [1], data: [1], ...(age as object) },
      { name: 'color', datatype: 'BYTES', shape: [1], data: ['red'], ...(color as object) },
      { name: '__proto__', datatype: 'INT32', shape: [1], data: [0] },
    ],
  });
  const cases: [unknown, RegExp][] = [
    [columns({}, { data: ['green'] }), /one of the training data's 2 categories for row 0, column 'color'.*'green'/],
    [columns({ data: [null] }, {}), /a finite number for element 0 of input 'age' \(FP64\) but received null/],
    [columns({}, { data: [1] }), /a string for element 0 of input 'color' \(BYTES\) but received 1/],
    [columns({ name: 'weight' }, {}), /an input 'age' for inputs but received none/],
    [columns({ shape: [2], data: [1, 2] }, {}), /\[2\] or \[2, 1\] for the shape of input 'color' but received \[1\]/],
    [columns({ datatype: 'BYTES', data: ['old'] }, {}), /a number for row 0, column 'age' but received 'old'/],
  ];
  for (const [body, message] of cases) {
    const { status, json } = await post(app, infer, body);
    t.is(status, 400);
    t.regex((json as { error: string }).error, message);
  }
});

test('infer › what is wrong with a request', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }], maxRows: 3, bodyLimit: 2000 });
  const cases: [unknown, number, RegExp][] = [
    ['', 400, /JSON for the body but received nothing/],
    ['{', 400, /JSON for the body but received other text/],
    ['[]', 400, /an object for the body but received a list of 0/],
    [{}, 400, /for inputs but received undefined/],
    [inputOf([1], [1, 2]), 400, /lists of 2 at depth 1 for data of input 'input' but received lists of 1/],
    [inputOf([[1, 2, 3]], [1, 2]), 400, /lists of 2 at depth 2 .* received lists of 3/],
    [inputOf([[1], [2, 3]], [2, 2]), 400, /lists of 2 at depth 2 .* received a list of 1/],
    [inputOf([1, 2, 3], [1, 3]), 400, /rows of 2 numbers for the shape of input 'input' but received \[1, 3\]/],
    [inputOf([1, null], [1, 2]), 400, /a finite number for number 1 of input 'input' \(FP32\) but received null/],
    [inputOf([1, '2'], [1, 2]), 400, /a finite number for number 1 of input 'input' \(FP32\) but received '2'/],
    ['{"inputs":[{"name":"input","datatype":"FP32","shape":[1,2],"data":[1,1e999]}]}', 400, /received Infinity/],
    [inputOf([1, 1e39], [1, 2]), 400, /a finite number for number 1 of input 'input' \(FP32\) but received 1e\+39/],
    [inputOf([1, 2], [1e9, 1e9, 1e9]), 400, /of a product below 2\^31 for inputs\[0\].shape but received a list of 3/],
    [inputOf([], [0, 2]), 400, /whole numbers above 0/],
    [inputOf([1, 2], [1, 2], 'FP8'), 400, /datatype of the Open Inference Protocol .* but received 'FP8'/],
    [inputOf(['1', '2'], [1, 2], 'BYTES'), 400, /a datatype of numbers for the datatype of input 'input'/],
    [inputOf(Array(8).fill(0), [4, 2]), 413, /at most 3 rows for a request but received 4/],
    [{ pad: 'x'.repeat(2000) }, 413, /at most 2000 bytes for a body of JSON but received more/],
  ];
  for (const [body, expected, message] of cases) {
    const { status, json } = await post(app, infer, body);
    t.regex((json as { error: string }).error, message);
    t.is(status, expected, JSON.stringify(json));
  }
  t.is((await post(app, '/v2/models/other/infer', '')).status, 404);
  t.is((await post(app, '/v2/models/m/versions/2/infer', '')).status, 404);
});

test('infer › outputs that JSON does not know are refused, and only to that request', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(
    new FullyConnectedLayer(1, 1),
    'fc',
  );
  net.getLayer('fc').setWeights({ W: Tensor.from([[1e30]]) });
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const [large, small] = await Promise.all([1e30, 1].map((value) => post(app, infer, inputOf([value], [1, 1]))));
  t.is(large!.status, 422);
  t.regex((large!.json as { error: string }).error, /finite outputs .* lead to Infinity/);
  t.deepEqual(outputsOf(small!)[0]!.data, [Math.fround(1e30)]);
});

test('infer › one output of sigmoid: the classes by name', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'binaryClassifier', initMethod: 'zero' }), 'net')
    .addLayer(new FullyConnectedLayer(1, 1), 'fc')
    .addLayer(new ClassificationLayer('sigmoid'));
  net.getLayer('fc').setWeights({ W: Tensor.from([[1]]) });
  net.preparation = { inputShape: [1], classes: ['no', 'yes'] };
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  t.deepEqual(outputsOf(await post(app, infer, inputOf([-3, 3], [2, 1])))[1]!.data, ['no', 'yes']);
});
