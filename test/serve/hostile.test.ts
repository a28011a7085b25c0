import test from 'ava';
import { GruLayer, HyperParameters, input, NeuralNet } from 'blasnet';
import fc from 'fast-check';
import { classifier, fittingNet } from '../support/nets.js';
import { inputOf, post, servingApp } from '../support/serving.js';

const infer = '/v2/models/m/infer';
/** For longer runs: BLASNET_FUZZ_SEED, BLASNET_FUZZ_RUNS. */
const numberOf = (what: string, usual: number) => Number(process.env[`BLASNET_FUZZ_${what}`] ?? usual);

test('any request is answered 200 or 4xx', async (t) => {
  const columns = fittingNet([3, 1]);
  columns.preparation = {
    inputShape: [3],
    columns: [
      { name: 'age', encoding: 'none', missingCells: [''], missing: { fill: 1 } },
      { name: 'color', encoding: 'oneHot', categories: ['a', 'b'], missingCells: [], missing: 'error' },
    ],
  };
  // A step has one number, so that steps of any count come.
  const series = input([3, 1]);
  const graph = { inputs: [series], outputs: [new GruLayer(2).apply(series)] };
  const steps = NeuralNet.fromGraph(graph, new HyperParameters({ netType: 'fitting' }), 'steps');
  const nets = { plain: classifier(3, 2), columns, steps };
  const app = await servingApp(t, {
    models: Object.entries(nets).map(([name, net]) => ({ name, net })),
    maxRows: 8,
    bodyLimit: 4096,
  });
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -1, 1e39, 2 ** 53, null, '1', true));
  const shape = fc.oneof(
    fc.constantFrom([1, 3], [2, 3], [3], [2], [1], [0, 3], [-1, 3], [2 ** 31, 2 ** 31], [1e308, 1e308], [9, 3]),
    fc.array(fc.oneof(fc.nat(4), fc.double(), fc.string())),
    fc.anything(),
  );
  const tensor = fc.record(
    {
      name: fc.constantFrom('input', 'age', 'color', '__proto__', 'constructor', ''),
      datatype: fc.constantFrom('FP32', 'FP64', 'INT64', 'BOOL', 'BYTES', 'FP16', 'x', '__proto__'),
      shape,
      data: fc.oneof(
        fc.array(number, { minLength: 3, maxLength: 6 }),
        fc.array(fc.constantFrom('a', 'b', 'c', '1'), { minLength: 1, maxLength: 2 }),
        fc.array(fc.array(number)),
        fc.anything(),
      ),
      parameters: fc.oneof(
        fc.record({ binary_data_size: fc.oneof(fc.constantFrom(0, 4, 12, 24, -1, 1e9), fc.anything()) }),
        fc.constant(undefined),
      ),
    },
    { requiredKeys: ['name', 'datatype', 'shape'] },
  );
  const output = fc.record({
    name: fc.constantFrom('output', 'class', 'x', '__proto__'),
    parameters: fc.constantFrom({ binary_data: true }, { binary_data: 'yes' }, undefined, null),
  });
  const flag = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(true, false, undefined) }, fc.anything());
  const sequence = fc.record({
    sequence_id: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(0, 1, 'a', '', '__proto__', -1, 0.5) },
      fc.anything(),
    ),
    sequence_start: flag,
    sequence_end: flag,
  });
  const request = fc.record(
    {
      id: fc.oneof({ weight: 3, arbitrary: fc.string() }, fc.anything()),
      inputs: fc.oneof(
        { weight: 5, arbitrary: fc.array(tensor, { maxLength: 3 }) },
        { weight: 2, arbitrary: fc.constant(inputOf([1, 2, 3], [1, 3]).inputs) },
        fc.anything(),
      ),
      outputs: fc.oneof({ weight: 3, arbitrary: fc.array(output, { maxLength: 3 }) }, fc.anything()),
      parameters: fc.oneof(
        fc.constantFrom(undefined, null, { binary_data_output: true }, { binary_data_output: 1 }),
        sequence,
      ),
    },
    { requiredKeys: ['inputs'] },
  );
  const json = fc.oneof({ weight: 8, arbitrary: request }, fc.anything()).map((value) => {
    const text = JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? Number(one) : one));
    return text ?? '';
  });
  const body = fc.tuple(json, fc.uint8Array({ maxLength: 32 }), fc.nat(3));
  const length = fc.constantFrom('exact', '0', '-1', '99999999', 'x', '1e3', undefined);
  const seen = new Set<number>();
  const property = fc.asyncProperty(
    fc.constantFrom(...Object.keys(nets)),
    body,
    length,
    async (name, parts, header) => {
      const [text, bytes, cut] = parts;
      const whole = Buffer.concat([Buffer.from(text), bytes]);
      const payload = whole.subarray(0, Math.max(0, whole.length - (cut === 3 ? 5 : 0)));
      const jsonLength = header === 'exact' ? `${Buffer.byteLength(text)}` : header;
      const headers = jsonLength === undefined ? {} : { 'inference-header-content-length': jsonLength };
      const { statusCode, rawPayload } = await app.inject({
        method: 'POST',
        url: `/v2/models/${name}/infer`,
        payload: jsonLength === undefined ? Buffer.from(text) : payload,
        headers,
      });
      seen.add(statusCode);
      t.true(statusCode === 200 || (statusCode >= 400 && statusCode < 500), `${statusCode}: ${rawPayload}`);
      if (statusCode !== 200) t.is(typeof JSON.parse(rawPayload.toString()).error, 'string');
    },
  );
  await fc.assert(property, { seed: numberOf('SEED', 1), numRuns: numberOf('RUNS', 1000) });
  t.true(seen.has(200) && seen.has(400), `${[...seen]}`);
});

test('deep lists, long lists of inputs and huge numbers of digits are refused', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  const deep = (depth: number) =>
    `{"inputs":[{"name":"input","datatype":"FP32","shape":[1,2],"data":${'['.repeat(depth)}1${']'.repeat(depth)}}]}`;
  for (const depth of [3, 9, 100_000]) t.is((await post(app, infer, deep(depth))).status, 400, `${depth}`);
  const many = { inputs: Array.from({ length: 5000 }, () => inputOf([1, 2], [1, 2]).inputs[0]) };
  t.is((await post(app, infer, many)).status, 400);
  const text = JSON.stringify(inputOf([1, 2], [1, 2]));
  t.is((await post(app, infer, text.replace('[1,2]}', `[1,0.${'1'.repeat(100_000)}]}`))).status, 200);
  t.is((await post(app, infer, text.replace('[1,2]}', `[1,${'1'.repeat(100_000)}]}`))).status, 400);
});

test('names of Object.prototype and two of the same are nothing special', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  for (const name of ['__proto__', 'constructor', 'toString'])
    t.is((await post(app, `/v2/models/${name}/infer`, '{}')).status, 404);
  const [input] = inputOf([1, 2], [1, 2]).inputs;
  t.deepEqual((await post(app, infer, { inputs: [input, input] })).json, {
    error: 'Expected different names for inputs but received the same name twice',
  });
  const text = JSON.stringify(inputOf([1, 2], [1, 2]));
  const twice = text.replace('"data":[1,2]', '"data":[1,2,3],"data":[1,2]');
  t.is((await post(app, infer, twice)).status, 200);
  t.is((await post(app, infer, text.replace('{', '{"__proto__":{"id":3},'))).status, 200);
});
