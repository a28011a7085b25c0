// Rows of a series as the page reads them.
import test from 'ava';
import type { ModelInfo } from '#blasnet/serve/page/api';
import { windowInputs, windowOf } from '#blasnet/serve/page/series-rows';

const parameters = {
  net_type: 'fitting',
  loaded_at: '2025-01-01',
  forecast: { horizon: 1, targets: ['load'] },
} as const;

function model(inputs: ModelInfo['inputs'], more: object = {}): ModelInfo {
  return { name: 'm', versions: ['1'], inputs, outputs: [], parameters: { ...parameters, ...more } };
}

const columns = model([
  { name: 'load', datatype: 'FP64', shape: [-1, 2] },
  { name: 'heat, kW', datatype: 'FP64', shape: [-1, 2], parameters: { missing: '?' } },
  { name: 'holiday', datatype: 'BYTES', shape: [-1, 2] },
]);

const read = (one: ModelInfo, text: string) => windowInputs(one, windowOf(one)!, text);
const datasOf = (one: ModelInfo, text: string) => read(one, text).map(({ data }) => data);

test('the last rows count; a header gives the order, and quotes and marks are those of the file', (t) => {
  const expected = [
    [3, 5],
    [4, 6],
    ['no', 'yes, it is'],
  ];
  t.deepEqual(datasOf(columns, '1,2,no\n3,4,no\n5,6,"yes, it is"\n'), expected);
  t.deepEqual(datasOf(columns, 'holiday;time;load;heat, kW\r\nno;8;3;4\r\n"yes, it is";9;5;6'), expected);
  t.deepEqual(datasOf(columns, 'load,"heat, kW",holiday\n\n3,4,no\n5,6,"yes, it is"'), expected);
  t.deepEqual(datasOf(columns, '3\t4\tno\n5\t6\tyes ""it"" is')[2], ['no', 'yes it is']);
  t.deepEqual(
    read(columns, '3,4,no\n5,6,no').map(({ shape, datatype }) => [shape, datatype]),
    [
      [[1, 2], 'FP64'],
      [[1, 2], 'FP64'],
      [[1, 2], 'BYTES'],
    ],
  );
});

test('cells may be missing where the model fills them', (t) => {
  const [, heat] = read(columns, '3,,no\n5,6,no');
  t.deepEqual(heat, { name: 'heat, kW', datatype: 'BYTES', shape: [1, 2], data: ['?', '6'] });
  t.throws(() => read(columns, ',4,no\n5,6,no'), { message: "Expected a number for load but received ''" });
});

test('one input of numbers', (t) => {
  const input = { name: 'input', datatype: 'FP32', shape: [-1, 2, 2] };
  const [only] = read(model([input]), '0,0\n1,2\n3,4');
  t.deepEqual(only, { name: 'input', datatype: 'FP32', shape: [1, 2, 2], data: [1, 2, 3, 4] });
  const named = model([input], { feature_names: ['a', 'b'] });
  t.deepEqual(datasOf(named, 'b,a\n1,2\n3,4'), [[2, 1, 4, 3]]);
  t.is(windowOf(model([input], { forecast: undefined })), undefined);
});

test('what does not fit is told', (t) => {
  const wrong: [string, RegExp][] = [
    ['1,2,no', /Expected 2 rows but received 1/],
    ['', /Expected 2 rows but received 0/],
    ['1,2,no\n3,4', /Expected 3 cells in row 2 but received 2/],
    ['load,cold,holiday\n1,2,no\n3,4,no', /Expected a column heat, kW in the first row/],
    ['holiday;load;heat, kW\nno;1;2\nno;1', /Expected a cell of heat, kW in row 3/],
    ['1,2,no\nx,4,no', /Expected a number for load but received 'x'/],
  ];
  for (const [text, message] of wrong) t.throws(() => read(columns, text), { message }, text);
});
