import test from 'ava';
import { Tensor } from 'blasnet';
import type { FastifyInstance } from 'fastify';
import { classifier, fittingNet } from '../support/nets.js';
import { type InferAnswer, servingApp } from '../support/serving.js';

/** Posts JSON with binary tensors behind it. */
async function postBinary(app: FastifyInstance, json: unknown, ...parts: readonly Uint8Array[]) {
  const text = Buffer.from(JSON.stringify(json));
  const { statusCode, headers, rawPayload } = await app.inject({
    method: 'POST',
    url: '/v2/models/m/infer',
    payload: Buffer.concat([text, ...parts]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': `${text.length}`,
    },
  });
  const length = Number(headers['inference-header-content-length'] ?? rawPayload.length);
  return {
    status: statusCode,
    type: headers['content-type'],
    json: JSON.parse(rawPayload.toString('utf8', 0, length)),
    bytes: rawPayload.subarray(length),
  };
}

const bytesOf = (numbers: ArrayBufferView) => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
const input = (datatype: string, size: number, shape = [1, 2], name = 'input') => ({
  name,
  datatype,
  shape,
  parameters: { binary_data_size: size },
});

test('binary inputs of every datatype', async (t) => {
  const net = fittingNet([2, 1]);
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const expected = [...(await net.predict(Tensor.from([1, 0]))).outputs.data];
  const tensors: Readonly<Record<string, ArrayBufferView>> = {
    BOOL: Uint8Array.of(1, 0),
    UINT8: Uint8Array.of(1, 0),
    UINT16: Uint16Array.of(1, 0),
    UINT32: Uint32Array.of(1, 0),
    UINT64: BigUint64Array.of(1n, 0n),
    INT8: Int8Array.of(1, 0),
    INT16: Int16Array.of(1, 0),
    INT32: Int32Array.of(1, 0),
    INT64: BigInt64Array.of(1n, 0n),
    FP16: Uint16Array.of(0x3c00, 0x8000),
    FP32: Float32Array.of(1, 0),
    FP64: Float64Array.of(1, 0),
  };
  for (const [datatype, numbers] of Object.entries(tensors)) {
    const { status, json } = await postBinary(app, { inputs: [input(datatype, numbers.byteLength)] }, bytesOf(numbers));
    t.is(status, 200, datatype);
    t.deepEqual((json as InferAnswer).outputs[0]!.data, expected, datatype);
  }
});

test('half precision › normal, subnormal and negative numbers', async (t) => {
  const net = fittingNet([4, 4]);
  net.getLayer('fc1').setWeights({ W: Tensor.from([0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j)))) });
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const halves = Uint16Array.of(0xc100, 0x0001, 0x7bff, 0x3555);
  const { json } = await postBinary(app, { inputs: [input('FP16', 8, [1, 4])] }, bytesOf(halves));
  t.deepEqual((json as InferAnswer).outputs[0]!.data, [-2.5, 2 ** -24, 65504, 0.333251953125]);
});

test('binary outputs, all or some', async (t) => {
  const net = classifier(2, 3);
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { outputs, classes } = await net.predict(Tensor.from([1, 2]));
  const numbers = Float32Array.of(1, 2);
  const request = { inputs: [input('FP32', 8)] };
  const all = await postBinary(app, { ...request, parameters: { binary_data_output: true } }, bytesOf(numbers));
  t.is(all.type, 'application/octet-stream');
  t.deepEqual(all.json.outputs, [
    { name: 'output', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } },
    { name: 'class', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 5 } },
  ]);
  t.deepEqual(all.bytes, Buffer.concat([bytesOf(outputs.data), Buffer.from([1, 0, 0, 0]), Buffer.from(classes![0]!)]));
  const wanted = [{ name: 'class' }, { name: 'output', parameters: { binary_data: true } }];
  const some = await postBinary(app, { ...request, outputs: wanted }, bytesOf(numbers));
  t.deepEqual(some.json.outputs[0], { name: 'class', shape: [1], datatype: 'BYTES', data: classes });
  t.deepEqual(some.bytes, Buffer.from(bytesOf(outputs.data)));
});

test('binary strings', async (t) => {
  const net = fittingNet([2, 1]);
  net.preparation = {
    inputShape: [2],
    columns: [{ name: 'c', encoding: 'oneHot', categories: ['é', 'b'], missingCells: [], missing: 'error' }],
  };
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { outputs } = await net.predict([{ c: 'b' }, { c: 'é' }]);
  const texts = Buffer.from([1, 0, 0, 0, 0x62, 2, 0, 0, 0, 0xc3, 0xa9]);
  const { json } = await postBinary(app, { inputs: [input('BYTES', texts.length, [2], 'c')] }, texts);
  t.deepEqual((json as InferAnswer).outputs[0]!.data, [...outputs.data]);
  for (const bad of [texts.subarray(0, 10), Buffer.from([255, 255, 255, 255, 1]), Buffer.concat([texts, texts])]) {
    const { status } = await postBinary(app, { inputs: [input('BYTES', bad.length, [2], 'c')] }, bad);
    t.is(status, 400);
  }
});

test('sizes that lie, and numbers that are none', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  const numbers = bytesOf(Float32Array.of(1, 2));
  const cases: [unknown, Uint8Array, RegExp][] = [
    [input('FP32', 9), numbers, /up to the 8 bytes that are left for inputs\[0\].parameters.binary_data_size.* 9/],
    [input('FP32', 4), numbers, /for all bytes behind the JSON for the body but received 4 more/],
    [input('FP32', 4), numbers.subarray(4), /8 for binary_data_size of input 'input' but received 4/],
    [input('FP64', 8), numbers, /16 for binary_data_size of input 'input' but received 8/],
    [input('FP32', -1), numbers, /received -1/],
    [
      { ...input('FP32', 8), data: [1, 2] },
      numbers,
      /either data or binary_data_size for inputs\[0\] but received both/,
    ],
    [input('FP32', 8), bytesOf(Float32Array.of(1, Number.NaN)), /a finite number for number 1 .* received NaN/],
  ];
  for (const [tensor, bytes, message] of cases) {
    const { status, json } = await postBinary(app, { inputs: [tensor] }, bytes);
    t.is(status, 400);
    t.regex((json as { error: string }).error, message);
  }
});
