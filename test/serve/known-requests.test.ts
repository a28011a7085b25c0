import test from 'ava';
import { type InputTensor, readInferRequest } from '#blasnet/serve/infer-request';
import { KnownRequests } from '#blasnet/serve/known-requests';
import { readLists } from '#blasnet/serve/number-lists';
import { fittingNet } from '../support/nets.js';
import { inputOf, post, servingApp } from '../support/serving.js';

const bodyOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const numbersIn = ({ data }: InputTensor) => [...('numbers' in data ? data.numbers : (data as number[]))];

test('requests with the same text around their numbers get their own numbers', (t) => {
  for (const [data, shape] of [
    [
      [1, 2],
      [1, 2],
    ],
    [
      [3.5, -4],
      [1, 2],
    ],
    [[[5, 6]], [1, 2]],
    [
      [7, 8, 9],
      [1, 2],
    ],
    [
      [1, 2, 3],
      [1, 3],
    ],
  ] as const) {
    const { inputs } = readInferRequest(bodyOf({ id: 'a', ...inputOf(data, shape) }), undefined, true);
    t.deepEqual(numbersIn(inputs[0]!), data.flat());
    t.deepEqual(inputs[0]!.shape, shape);
  }
});

test('several lists stay with their inputs', (t) => {
  const body = (a: readonly number[], b: readonly number[]) => {
    const input = (name: string, data: readonly number[]) => ({ name, datatype: 'FP32', shape: [1, 2], data });
    return bodyOf({ inputs: [input('a', a), input('b', b)] });
  };
  for (const [a, b] of [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ] as const) {
    const { inputs } = readInferRequest(body(a, b), undefined, false);
    t.deepEqual(inputs.map(numbersIn), [a, b]);
  }
});

test('bytes behind the same JSON are those of the request; other numbers of bytes are refused as before', (t) => {
  const json = bodyOf({
    inputs: [{ name: 'input', datatype: 'UINT8', shape: [1, 2], parameters: { binary_data_size: 2 } }],
  });
  const read = (...bytes: number[]) =>
    readInferRequest(Buffer.concat([json, Buffer.from(bytes)]), String(json.length), true).inputs[0]!.data;
  t.deepEqual([...(read(1, 2) as Uint8Array)], [1, 2]);
  t.deepEqual([...(read(3, 4) as Uint8Array)], [3, 4]);
  t.throws(() => read(3), { message: /binary_data_size/ });
  t.throws(() => read(3, 4, 5), { message: /all bytes behind the JSON/ });
});

test('only requests whose data are all numbers are kept, and no long texts', (t) => {
  const known = new KnownRequests();
  const none = new Uint8Array();
  const isKept = (value: unknown) => {
    const body = bodyOf(value);
    const listed = readLists(body, true);
    known.keep(listed, none, readInferRequest(body, undefined, true));
    return known.find(listed, none) !== undefined;
  };
  t.true(isKept(inputOf([1], [1, 1])));
  t.true(isKept({ id: 'x', ...inputOf([1], [1, 1]) }));
  t.false(isKept(inputOf(['a'], [1], 'BYTES')));
  t.false(isKept({ inputs: [...inputOf([1], [1]).inputs, { ...inputOf(['a'], [1], 'BYTES').inputs[0], name: 'b' }] }));
  t.false(isKept({ id: 'x'.repeat(4000), ...inputOf([1], [1, 1]) }));
});

test('a request like one before is refused for its numbers, and a wrong one each time', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  const ask = (data: unknown, shape: readonly number[] = [1, 2]) =>
    post(app, '/v2/models/m/infer', inputOf(data, shape));
  t.is((await ask([1, 2])).status, 200);
  for (let i = 0; i < 2; i++) {
    t.is((await ask([1, 2, 3])).status, 400);
    t.is((await ask([1, 1e39])).status, 400);
    t.is((await ask([1, 2], [0, 2])).status, 400);
    t.is((await ask([1, '2'])).status, 400);
  }
  t.is((await ask([1, 2])).status, 200);
});
