import test from 'ava';
import { ActivationLayer, BatchPredictor, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { badArgument, busy, shapeMismatch, untyped } from '../support/errors.js';
import { fittingNet, fittingReader, rowsOfNumbers } from '../support/nets.js';
import { differences } from '../support/numerics.js';

const net = () => fittingNet([4, 8, 2], { seed: 5 });

/** Sizes of the batches that a predictor makes of rows of one number, which it doubles. */
function recorded(options: { maxBatch?: number; maxDelayMs?: number }) {
  const batches: number[] = [];
  const infer = async (x: Tensor) => {
    batches.push(x.rows);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return Tensor.from(
      x.data.map((value) => 2 * value),
      x.shape,
    );
  };
  return { batches, predictor: new BatchPredictor(infer, [1], 'float32', options) };
}

test('each caller gets the prediction for its own row', async (t) => {
  const model = net();
  const predictor = model.scaledPredictor();
  const x = rowsOfNumbers(150, 4, 3);
  const rows = Array.from({ length: 150 }, (_, i) => predictor.predict(x.slice(i, i + 1)));
  const y = await Promise.all(rows);
  const expected = model.inference(x);
  for (const [i, one] of y.entries()) {
    t.deepEqual(one.shape, [1, 2]);
    t.deepEqual(differences(one.data, expected.slice(i, i + 1).data, { rtol: 1e-5, atol: 1e-6 }, `${i}`), []);
  }
});

test('rows come as arrays, typed arrays or tensors', async (t) => {
  const predictor = net().scaledPredictor({ maxDelayMs: 0 });
  const row = [1, 2, 3, 4];
  const [a, b, c] = await Promise.all([
    predictor.predict(row),
    predictor.predict(Float32Array.from(row)),
    predictor.predict(Tensor.from([row])),
  ]);
  t.deepEqual(a!.data, b!.data);
  t.deepEqual(b!.data, c!.data);
});

test('batches: a full one at once, what gathered meanwhile next, sizes of powers of two', async (t) => {
  const { batches, predictor } = recorded({ maxBatch: 10, maxDelayMs: 1000 });
  const results = Array.from({ length: 23 }, (_, i) => predictor.predict([i]));
  t.is(predictor.waiting, 13);
  t.deepEqual(
    (await Promise.all(results)).map(({ data }) => data[0]),
    Array.from({ length: 23 }, (_, i) => 2 * i),
  );
  t.deepEqual(batches, [10, 10, 4]);
});

test.serial('a row alone waits for the delay and no longer', async (t) => {
  const { setTimeout } = globalThis;
  t.teardown(() => Object.assign(globalThis, { setTimeout }));
  const timers: { readonly callback: () => void; readonly delay: number | undefined }[] = [];
  const recordTimer = (callback: () => void, delay?: number) => timers.push({ callback, delay });
  Object.assign(globalThis, { setTimeout: recordTimer });
  const { batches, predictor } = recorded({ maxDelayMs: 20 });
  const prediction = predictor.predict([1]);
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(
    timers.map(({ delay }) => delay),
    [20],
  );
  t.deepEqual(batches, []);
  Object.assign(globalThis, { setTimeout });
  timers[0]!.callback();
  t.deepEqual((await prediction).toArray(), [[2]]);
  t.deepEqual(batches, [1]);
});

test('a batch that fails rejects its rows, and the next one is computed', async (t) => {
  let calls = 0;
  const failure = new Error('no');
  const infer = async (x: Tensor) => {
    if (++calls === 1) throw failure;
    return x;
  };
  const predictor = new BatchPredictor(infer, [1], 'float32', { maxBatch: 2, maxDelayMs: 0 });
  const results = await Promise.allSettled([1, 2, 3].map((value) => predictor.predict([value])));
  t.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled'],
  );
});

test('while the net trains, predictions are refused as inferenceAsync is', async (t) => {
  const model = fittingNet([4, 8, 1], { maxEpoch: 1e9 });
  const controller = new AbortController();
  const training = model.train(fittingReader(5000, 4), { signal: controller.signal });
  await t.throwsAsync(
    model.scaledPredictor({ maxDelayMs: 0 }).predict([1, 2, 3, 4]),
    busy(/for inferenceAsync but train runs/),
  );
  controller.abort(new Error('enough'));
  await t.throwsAsync(training, { message: 'enough' });
});

test('bad rows and bad options', async (t) => {
  const predictor = net().scaledPredictor();
  for (const row of ['abcd', 5, null, undefined, { length: 4 }, new DataView(new ArrayBuffer(4))]) {
    await t.throwsAsync(
      predictor.predict(untyped(row)),
      badArgument(/^Expected a list of numbers or a Tensor for row/),
    );
  }
  for (const cell of ['3', 'x', null, undefined, [3], true]) {
    await t.throwsAsync(
      predictor.predict(untyped([1, 2, cell, 4])),
      badArgument(/^Expected a number for number 2 of the row but received/),
    );
  }
  await t.throwsAsync(
    net()
      .scaledPredictor({ maxBatch: 2 ** 46 })
      .predict([1, 2, 3, 4]),
    badArgument(/^Expected a shape that fits into memory but received \[70368744177664,4\]$/),
  );
  await t.throwsAsync(predictor.predict([1, 2]), shapeMismatch(/4 numbers for row but received 2/));
  t.throws(() => net().scaledPredictor({ maxBatch: 0 }), badArgument(/for maxBatch but received 0/));
  t.throws(() => net().scaledPredictor({ maxDelayMs: -1 }), badArgument(/for maxDelayMs but received -1/));
  const shapeless = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net')
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new FullyConnectedLayer(3, 1));
  t.throws(() => shapeless.predictor(), badArgument(/whose row shape is known/));
});
