import test from 'ava';
import { field, onnxModel } from '../../bench/support/onnx.js';
import { findWorkload, parameterCount } from '../../bench/workloads.js';

test('a field is its number and type, then a varint or a length and bytes', (t) => {
  t.deepEqual([...field(1, 7)], [0x08, 7]);
  t.deepEqual([...field(2, 300)], [0x10, 0xac, 0x02]); // the example of the encoding's documentation
  t.deepEqual([...field(2, 'testing')], [0x12, 7, ...Buffer.from('testing')]);
  t.deepEqual([...field(16, 1)], [0x80, 0x01, 1]);
});

test('a model holds the operators in their order and all weights', (t) => {
  const workload = findWorkload('mnist');
  const parameters = Float32Array.from({ length: parameterCount(workload) }, (_, i) => i);
  const bytes = Buffer.from(onnxModel(workload, parameters));
  t.deepEqual([...bytes.subarray(0, 2)], [0x08, 7]); // the version of the format
  const operators = [...bytes.toString('latin1').matchAll(/Gemm|Relu|Softmax/g)].map(([name]) => name);
  t.deepEqual(operators, [...Array.from({ length: 4 }, () => ['Gemm', 'Relu']).flat(), 'Gemm', 'Softmax']);
  t.true(bytes.length > 4 * parameters.length && bytes.length < 4 * parameters.length + 2000);
});
