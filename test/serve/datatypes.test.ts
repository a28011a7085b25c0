import test from 'ava';
import { Tensor } from 'blasnet';
import type { FastifyInstance } from 'fastify';
import { fittingNet } from '../support/nets.js';
import { type InferAnswer, inputOf, post, servingApp } from '../support/serving.js';

const infer = '/v2/models/m/infer';

/** A net that answers what it is given. */
function echoNet(dtype: 'float32' | 'float64' = 'float64') {
  const net = fittingNet([1, 1], { dtype });
  net.getLayer('fc1').setWeights({ W: Tensor.from([1], [1, 1], dtype) });
  return net;
}

/** Posts one number as text, which need not be one that JavaScript can write. */
const postText = (app: FastifyInstance, text: string, datatype: string) =>
  post(app, infer, JSON.stringify(inputOf(['?'], [1, 1], datatype)).replace('"?"', text));

const outputOf = ({ json }: { json: unknown }) => (json as InferAnswer).outputs[0]!.data[0];

test('the least and the greatest number of each datatype are taken', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: echoNet() }] });
  const cases: [string, string, number][] = [
    ['BOOL', 'true', 1],
    ['BOOL', '0', 0],
    ['UINT8', '255', 255],
    ['UINT16', '65535', 65535],
    ['UINT32', '4294967295', 4294967295],
    ['UINT64', '18446744073709551615', 2 ** 64],
    ['INT8', '-128', -128],
    ['INT16', '32767', 32767],
    ['INT32', '-2147483648', -2147483648],
    ['INT64', '9223372036854775807', 2 ** 63],
    ['INT64', '-9223372036854775808', -(2 ** 63)],
    ['INT64', '9007199254740993', 2 ** 53], // rounded as by JSON.parse
    ['INT8', '1e2', 100],
    ['FP16', '65504', 65504],
    ['FP32', '3.4028234663852886e38', 3.4028234663852886e38],
    ['FP64', '1.7976931348623157e308', Number.MAX_VALUE],
  ];
  for (const [datatype, text, expected] of cases)
    t.is(outputOf(await postText(app, text, datatype)), expected, `${datatype} ${text}`);
});

test('numbers that their datatype does not have are refused, with the name of the input and the value', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: echoNet() }] });
  const cases: [string, string, string, string?][] = [
    ['BOOL', '7', 'true, false, 0 or 1'],
    ['BOOL', '0.5', 'true, false, 0 or 1'],
    ['UINT8', '-1', 'a whole number from 0 to 255'],
    ['UINT8', '256', 'a whole number from 0 to 255'],
    ['UINT16', '65536', 'a whole number from 0 to 65535'],
    ['UINT32', '4294967296', 'a whole number from 0 to 4294967295'],
    ['UINT64', '-1', 'a whole number from 0 to 18446744073709551615'],
    ['UINT64', '1e20', 'a whole number from 0 to 18446744073709551615', '100000000000000000000'],
    ['INT8', '1000', 'a whole number from -128 to 127'],
    ['INT16', '-32769', 'a whole number from -32768 to 32767'],
    ['INT32', '2147483648', 'a whole number from -2147483648 to 2147483647'],
    ['INT64', '1.5', 'a whole number from -9223372036854775808 to 9223372036854775807'],
    ['INT64', '1e19', 'a whole number from -9223372036854775808 to 9223372036854775807', '10000000000000000000'],
    ['FP16', '65520', 'a finite number'],
    ['FP32', '1e39', 'a finite number', '1e+39'],
    ['FP64', '1e999', 'a finite number', 'Infinity'],
    ['FP32', '"NaN"', 'a finite number', "'NaN'"],
    ['INT32', '"1"', 'a whole number from -2147483648 to 2147483647', "'1'"],
    ['FP64', 'null', 'a finite number'],
    ['FP32', 'true', 'a finite number'],
    ['UINT8', 'true', 'a whole number from 0 to 255'],
    ['BOOL', '"true"', 'true, false, 0 or 1', "'true'"],
  ];
  for (const [datatype, text, expected, received = text] of cases) {
    const { status, json } = await postText(app, text, datatype);
    t.is(status, 400, `${datatype} ${text}`);
    t.deepEqual(json, {
      error: `Expected ${expected} for number 0 of input 'input' (${datatype}) but received ${received}`,
    });
  }
});

test('a number that only the wider net can hold is refused by the narrower one', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: echoNet('float32') }] });
  t.is((await postText(app, '1e39', 'FP64')).status, 400);
  t.is(outputOf(await postText(app, '1e38', 'FP64')), Math.fround(1e38));
});

test('binary booleans are 0 or 1, binary numbers finite', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: echoNet() }] });
  const postBytes = async (datatype: string, bytes: Uint8Array) => {
    const input = { name: 'input', datatype, shape: [1, 1], parameters: { binary_data_size: bytes.length } };
    const text = Buffer.from(JSON.stringify({ inputs: [input] }));
    const { statusCode, body } = await app.inject({
      method: 'POST',
      url: infer,
      payload: Buffer.concat([text, bytes]),
      headers: { 'inference-header-content-length': `${text.length}` },
    });
    return { status: statusCode, error: (JSON.parse(body) as { error?: string }).error };
  };
  t.is((await postBytes('BOOL', Uint8Array.of(1))).status, 200);
  t.deepEqual(await postBytes('BOOL', Uint8Array.of(7)), {
    status: 400,
    error: "Expected true, false, 0 or 1 for number 0 of input 'input' (BOOL) but received 7",
  });
  t.deepEqual(await postBytes('FP16', Uint8Array.of(0, 0x7c)), {
    status: 400,
    error: "Expected a finite number for number 0 of input 'input' (FP16) but received Infinity",
  });
});

test('columns of a table take the numbers of their datatype only, and booleans as 0 and 1', async (t) => {
  const net = echoNet();
  net.preparation = {
    inputShape: [1],
    columns: [{ name: 'age', encoding: 'none', missingCells: [], missing: 'error' }],
  };
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const ask = (value: unknown, datatype: string) =>
    post(app, infer, { inputs: [{ name: 'age', datatype, shape: [1], data: [value] }] });
  t.is(outputOf(await ask(true, 'BOOL')), 1);
  t.is(outputOf(await ask(200, 'UINT8')), 200);
  for (const [value, datatype] of [
    [7, 'BOOL'],
    [-1, 'UINT8'],
    [1000, 'INT8'],
    [1.5, 'INT64'],
  ] as const) {
    const { status, json } = await ask(value, datatype);
    t.is(status, 400);
    t.regex((json as { error: string }).error, new RegExp(`element 0 of input 'age' \\(${datatype}\\) .* ${value}$`));
  }
});
