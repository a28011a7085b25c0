import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ActivationLayer, type NeuralNet, Tensor } from 'blasnet';
import { busy } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, labelsFor, rowsOfNumbers } from '../support/nets.js';

const x = rowsOfNumbers(4, 8);
const y = labelsFor(x);
const nowhere = join(tmpdir(), 'blasnet-nothing-is-written-here');

const calls: Readonly<Record<string, (net: NeuralNet) => unknown>> = {
  addLayer: (net) => net.addLayer(new ActivationLayer('relu')),
  forward: (net) => net.forward(x),
  backward: (net) => net.backward(y),
  preUpdateWeights: (net) => net.preUpdateWeights(),
  updateWeights: (net) => net.updateWeights(),
  train: (net) => net.train(fittingReader(10, 8)),
  trainOnBatch: (net) => net.trainOnBatch(x, y),
  inference: (net) => net.inference(x),
  inferenceAsync: (net) => net.inferenceAsync(x),
  test: (net) => net.test(x, y),
  saveWeights: (net) => net.saveWeights(nowhere),
  loadWeights: (net) => net.loadWeights(nowhere),
  'layer.forward': ({ layers }) => layers[0]!.forward(x),
  'layer.backward': ({ layers }) => layers[0]!.backward(rowsOfNumbers(4, 64)),
  'layer.preUpdate': ({ layers }) => layers[0]!.preUpdate(),
  'layer.update': ({ layers }) => layers[0]!.update(),
  'layer.setWeights': ({ layers }) => layers[0]!.setWeights({ W: rowsOfNumbers(8, 64) }),
  'layer.loadWeights': ({ layers }) => layers[0]!.loadWeights(nowhere, 'fc1'),
  'layer.loadInitialValues': ({ layers }) => layers[0]!.loadInitialValues(nowhere, 'fc1'),
};

test('every method that computes or changes is refused while the net trains', async (t) => {
  const net = fittingNet([8, 64, 1], { maxEpoch: 1_000_000 });
  const controller = new AbortController();
  const running = net.train(fittingReader(500, 8), { signal: controller.signal });
  for (const [name, call] of Object.entries(calls)) {
    await t.throwsAsync(
      async () => call(net),
      busy(new RegExp(`^Expected net 'test net' to be idle for ${name} but train runs$`)),
      name,
    );
  }
  t.is(net.layers.length, 3);
  t.is(net.layers[0], net.getLayer('fc1'));
  t.regex(net.summary(), /^641 parameters, 1,152 FLOPs a row$/m);
  controller.abort(new Error('enough'));
  await t.throwsAsync(running, { message: 'enough' });
  t.is(net.inference(x).rows, 4);
  net.layers[0]!.setWeights({ W: rowsOfNumbers(8, 64, 5) });
  t.deepEqual(net.layers[0]!.weights.W!.data, rowsOfNumbers(8, 64, 5).data);
});

test('a layer does not change where training begins while it reads its file', async (t) => {
  const folder = await temporaryFolder(t);
  for (const method of ['loadWeights', 'loadInitialValues'] as const) {
    const net = fittingNet([8, 1], { maxEpoch: 1_000_000, learningRate: 1e-9 });
    const [layer] = net.layers;
    layer!.setWeights({ W: rowsOfNumbers(8, 1) });
    await layer!.saveWeights(folder, 'layer');
    layer!.setWeights({ W: Tensor.zeros([8, 1]) });
    const controller = new AbortController();
    const loading = layer![method](folder, 'layer');
    const running = net.train(fittingReader(500, 8), { signal: controller.signal });
    await t.throwsAsync(loading, busy(new RegExp(`to be idle for layer.${method} but train runs$`)));
    controller.abort(new Error('enough'));
    await t.throwsAsync(running, { message: 'enough' });
    t.true(layer!.weights.W!.data.every((value) => Math.abs(value) < 0.1));
    await layer![method](folder, 'layer');
    t.deepEqual(layer!.weights.W!.data, rowsOfNumbers(8, 1).data);
  }
});

test('the same goes for listeners', async (t) => {
  const net = fittingNet([8, 1], { maxEpoch: 1 });
  const codes: unknown[] = [];
  const attempt = () => {
    try {
      net.inference(x);
    } catch (error) {
      codes.push((error as { code?: unknown }).code);
    }
  };
  await net.train(fittingReader(20, 8), { onCheckpoint: attempt, onProgress: attempt });
  t.deepEqual(codes, ['ERR_NET_BUSY', 'ERR_NET_BUSY']);
  t.is(net.inference(x).rows, 4);
});

test('a net that predicts, saves or loads is busy, too', async (t) => {
  const net = fittingNet([8, 1]);
  const folder = await temporaryFolder(t);
  for (const [name, call] of [
    ['inferenceAsync', () => net.inferenceAsync(x)],
    ['saveWeights', () => net.saveWeights(folder)],
    ['loadWeights', () => net.loadWeights(folder)],
  ] as const) {
    const running = call();
    t.throws(() => net.trainOnBatch(x, y), busy(new RegExp(`to be idle for trainOnBatch but ${name} runs`)));
    await running;
    t.is(net.inference(x).rows, 4);
  }
});
