import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import protobuf from 'protobufjs';
import type { TensorMessage } from '#blasnet/onnx/messages';
import { modelCodec } from '#blasnet/onnx/schema';
import { type ModelSpec, modelOf, tensor } from '../onnx/models.js';
import { temporaryFolder } from '../support/files.js';

/** A test as the package onnx has it: a model, its input and the output that is expected. */
async function nodeTest(folder: string, name: string, spec: ModelSpec, x: TensorMessage, y: TensorMessage) {
  const root = (await protobuf.load('third-party/onnx/onnx.proto')).resolveAll();
  const TensorProto = root.lookupType('onnx.TensorProto');
  const data = join(folder, name, 'test_data_set_0');
  await mkdir(data, { recursive: true });
  await writeFile(join(folder, name, 'model.onnx'), (await modelCodec()).encode(modelOf(spec)));
  for (const [file, message] of Object.entries({ 'input_0.pb': x, 'output_0.pb': y })) {
    await writeFile(join(data, file), TensorProto.encode(message).finish());
  }
}

test('the script counts what passes, is refused, and is wrong', async (t) => {
  const folder = await temporaryFolder(t);
  const x = tensor('x', [1, 3], [-1, 2, 3]);
  const relu: ModelSpec = { inputShape: [1, 3], nodes: [['Relu', ['x'], 'y']] };
  await nodeTest(folder, 'test_relu', relu, x, tensor('y', [1, 3], [0, 2, 3]));
  await nodeTest(folder, 'test_relu_wrong', relu, x, tensor('y', [1, 3], [0, 2, 4]));
  const sine: ModelSpec = { ...relu, nodes: [['Sin', ['x'], 'y']] };
  await nodeTest(folder, 'test_sin', sine, x, tensor('y', [1, 3], [0, 0, 0]));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/onnx-node-tests.mjs', folder, ...args], { encoding: 'utf8' });
  const { stdout, status } = run('--list', 'refused');
  t.is(status, 0);
  t.regex(stdout, /^wrong test_relu_wrong: 3 instead of 4 at 2$/m);
  t.regex(stdout, /^refused test_sin: Expected operators that blasnet can import/m);
  t.regex(stdout, /^3 tests of floats: 1 passed, 1 refused, 1 wrong$/m);
  t.regex(run('--match', 'sin').stdout, /^1 tests of floats: 0 passed, 1 refused, 0 wrong$/m);
});
