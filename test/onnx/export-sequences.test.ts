import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type DType, type FloatArray, Tensor } from 'blasnet';
import { modelCodec } from '#blasnet/onnx/schema';
import { temporaryFolder } from '../support/files.js';
import { differences } from '../support/numerics.js';
import { maskedCases, runtimeResults, type SequenceCase, sequenceCases, sequenceNet } from './recurrent-nets.js';

async function compare(t: ExecutionContext, made: SequenceCase, dtype: DType): Promise<void> {
  const net = sequenceNet(made, dtype);
  const rows = Object.fromEntries(
    Object.entries(made.rows).map(([name, one]) => [name, one.dtype === 'int32' ? one : one.clone(dtype)]),
  );
  const file = join(await temporaryFolder(t), 'net.onnx');
  await net.exportOnnx(file);
  const names = Object.keys(rows);
  const given = net.inference<Record<string, Tensor> | Tensor>(names.length === 1 ? rows[names[0]!]! : rows);
  const results = await runtimeResults(file, rows);
  const expected = given instanceof Tensor ? { output: given } : given;
  t.deepEqual(Object.keys(results).sort(), Object.keys(expected).sort());
  for (const [name, { data, shape }] of Object.entries(expected)) {
    t.deepEqual(results[name]!.dims, shape);
    const close = { rtol: 1e-5, atol: 1e-5 };
    t.deepEqual(differences(results[name]!.data as FloatArray, data as FloatArray, close, name), []);
  }
}

async function graphOf(t: ExecutionContext, name: string) {
  const file = join(await temporaryFolder(t), 'net.onnx');
  await sequenceNet(sequenceCases[name]!()).exportOnnx(file);
  return (await modelCodec()).decode(await readFile(file), file).graph!;
}

for (const [name, make] of Object.entries({ ...sequenceCases, ...maskedCases })) {
  test(`onnxruntime computes what the net does: ${name}`, (t) => compare(t, make(), 'float32'));
}

test('weights are constants, which a layer that is applied twice has once', async (t) => {
  const { node, initializer } = await graphOf(t, 'one layer applied twice');
  const operators = node.map(({ opType }) => opType);
  t.deepEqual(operators, ['Transpose', 'LSTM', 'Squeeze', 'Transpose', 'Transpose', 'LSTM', 'Squeeze', 'Transpose']);
  t.is(initializer.filter(({ dataType }) => dataType === 1).length, 3);
});

test('outputs of recurrent operators that nothing reads are left out', async (t) => {
  const { node } = await graphOf(t, 'lstm, the last step');
  const lstm = node.find(({ opType }) => opType === 'LSTM')!;
  t.deepEqual(
    lstm.output.map((name) => name === ''),
    [true, false],
  );
});

test('lengths go to the operators as they are', async (t) => {
  const { node } = await graphOf(t, 'two layers by lengths, the other way and forward');
  for (const operator of ['GRU', 'LSTM']) {
    const lengths = node.find(({ opType }) => opType === operator)!.input[4];
    t.deepEqual(node.find(({ output }) => output[0] === lengths)!.input, ['lengths']);
  }
});
