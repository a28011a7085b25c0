import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { HyperParameters, Layer, NeuralNet, type Ops, Tensor, type Value } from 'blasnet';
import { cases, type OperationCase } from '../ops/cases.js';
import { badArgument } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor } from '../support/numerics.js';
import { runtimeOf } from './runtime.js';

/** An operation on parameters of the case's shapes. Each row has the result, plus the number that the row is. */
class CaseLayer extends Layer {
  readonly #case: OperationCase;

  constructor(given: OperationCase) {
    super();
    this.#case = given;
  }

  override build() {
    const entries = this.#case.shapes.map((shape, i) => [`P${i}`, { shape, init: 0 }] as const);
    return Object.fromEntries(entries);
  }

  override call(ops: Ops, [x]: readonly Value[], parameters: Readonly<Record<string, Value>>) {
    const operands = this.#case.shapes.map((_, i) => parameters[`P${i}`]!);
    const result = this.#case.apply(ops, ...operands);
    return ops.add(ops.reshape(result, [1, -1]), x!);
  }
}

/** These have no ONNX form outside of training. */
const trainingOnly = new Set(['dropout']);

for (const [name, list] of Object.entries(cases)) {
  if (trainingOnly.has(name)) continue;
  test(`onnxruntime computes the operation ${name} of a layer of one's own`, async (t) => {
    const folder = await temporaryFolder(t);
    let compared = 0;
    for (const [i, given] of list.entries()) {
      if (given.shapes.some((shape) => shape.includes(0))) continue;
      const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
      net.addLayer(new CaseLayer(given), 'own');
      const x = Tensor.from([[1], [2]]);
      const [low, high] = given.range ?? [-1, 1];
      net.inference(x);
      const weights = given.shapes.map((shape, k) => [`P${k}`, randomTensor(shape, i + k, low, high).clone('float32')]);
      net.layers[0]!.setWeights(Object.fromEntries(weights));
      const file = join(folder, `${i}.onnx`);
      try {
        await net.exportOnnx(file, { inputShape: [1] });
      } catch (error) {
        // Batch norm by the statistics of the batch, dropout of states, attention that drops probabilities.
        t.regex(
          (error as Error).message,
          /^Expected (the running statistics|no stateFactors|no dropout) outside of training/,
        );
        continue;
      }
      const expected = net.inference(x);
      const run = await runtimeOf(file);
      const close = { rtol: 1e-5, atol: 1e-5 };
      t.deepEqual(differences(await run(x), expected.data, close, `case ${i}`), []);
      compared++;
    }
    t.true(compared > 0);
  });
}

test('a layer whose operations depend on the number of rows is refused', async (t) => {
  class ByRows extends Layer {
    override call(ops: Ops, [x]: readonly Value[]) {
      return ops.multiply(x!, x!.shape[0]!);
    }
  }
  class Dropping extends Layer {
    override call(ops: Ops, [x]: readonly Value[]) {
      return ops.dropout(x!, 0.5);
    }
  }
  const file = join(await temporaryFolder(t), 'net.onnx');
  for (const [layer, message] of [
    [new ByRows(), /^Expected operations that are the same for any number of rows for layer ByRows/],
    [new Dropping(), /^Expected no dropout outside of training/],
  ] as const) {
    const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(layer);
    await t.throwsAsync(net.exportOnnx(file, { inputShape: [3] }), badArgument(message));
    await t.throwsAsync(readFile(file), { code: 'ENOENT' });
  }
});
