import test from 'ava';
import { FlattenLayer, FullyConnectedLayer, getThreads, HyperParameters, NeuralNet, setThreads, Tensor } from 'blasnet';
import { badArgument, busy, shapeMismatch, untyped } from '../support/errors.js';
import { canBeTransferred, transferAway } from '../support/memory.js';
import { classifier, fittingNet, labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';

for (const rows of [1, 3, 255, 256, 257, 700]) {
  test(`${rows} rows › inference, inferenceAsync and forward agree`, async (t) => {
    const net = fittingNet([7, 33, 2], { seed: 3 });
    const x = rowsOfNumbers(rows, 7);
    const prediction = net.inference(x);
    t.deepEqual(prediction.shape, [rows, 2]);
    t.deepEqual((await net.inferenceAsync(x)).data, prediction.data);
    t.deepEqual(net.inference(x).data, prediction.data);
    const forward = net.forward(x, false);
    // A product of other sizes may sum in another order.
    for (let i = 0; i < forward.size; i++) t.true(Math.abs(forward.data[i]! - prediction.data[i]!) < 1e-5, `${i}`);
    if (rows <= 256) t.deepEqual(forward.data, prediction.data);
  });
}

test('float64', (t) => {
  const net = fittingNet([2, 3, 1], { dtype: 'float64' });
  const x = Tensor.from([[1, 2]], undefined, 'float64');
  t.is(net.inference(x).dtype, 'float64');
  t.deepEqual(net.inference(x).data, net.forward(x, false).data);
});

test('each result is a tensor of its own', async (t) => {
  const net = fittingNet([1, 1]);
  net.layers[0]!.setWeights({ W: Tensor.from([[2]]), B: Tensor.from([[1]]) });
  const results = [net.inference(Tensor.from([[1]])), net.inference(Tensor.from([[2]]))];
  results.push(...(await Promise.all([3, 4].map((value) => net.inferenceAsync(Tensor.from([[value]]))))));
  t.deepEqual(
    results.map((result) => result.data[0]),
    [3, 5, 7, 9],
  );
});

test('a change of weights shows at once', (t) => {
  const net = fittingNet([1, 1]);
  const x = Tensor.from([[1]]);
  net.inference(x);
  net.layers[0]!.setWeights({ W: Tensor.from([[2]]), B: Tensor.from([[1]]) });
  t.deepEqual(net.inference(x).toArray(), [[3]]);
});

test('more row counts than plans are kept', (t) => {
  const net = fittingNet([2, 1]);
  for (let rows = 1; rows <= 40; rows++) t.is(net.inference(rowsOfNumbers(rows, 2)).rows, rows);
  t.is(net.inference(rowsOfNumbers(1, 2)).rows, 1);
});

test('inferenceAsync › calls queue up, and the net is busy for others until the last has ended', async (t) => {
  const net = fittingNet([4, 64, 1]);
  const inputs = Array.from({ length: 5 }, (_, i) => rowsOfNumbers(300 + i, 4, i));
  const pending = inputs.map((x) => net.inferenceAsync(x));
  t.throws(
    () => net.inference(inputs[0]!),
    busy(/Expected net 'test net' to be idle for inference but inferenceAsync runs/),
  );
  const results = await Promise.all(pending);
  for (const [i, result] of results.entries()) t.deepEqual(result.data, net.inference(inputs[i]!).data);
});

test('inferenceAsync › rows are taken as they are when it is called', async (t) => {
  const net = fittingNet([2, 1]);
  const [changed, gone] = [rowsOfNumbers(2, 2), rowsOfNumbers(2, 2)];
  const expected = net.inference(changed).data;
  const pending = [net.inferenceAsync(rowsOfNumbers(1, 2)), net.inferenceAsync(changed), net.inferenceAsync(gone)];
  changed.data.fill(Number.NaN);
  transferAway(gone.data);
  const [, second, third] = await Promise.all(pending);
  t.deepEqual(second!.data, expected);
  t.deepEqual(third!.data, expected);
  t.is(net.inference(rowsOfNumbers(1, 2)).rows, 1);
});

test.serial('inferenceAsync › nothing is computed on the thread of the event loop', async (t) => {
  const net = fittingNet([256, 512, 512, 1]);
  const x = rowsOfNumbers(4000, 256);
  await net.inferenceAsync(x); // records the plan
  const before = performance.eventLoopUtilization();
  const running = [net.inferenceAsync(x), net.inferenceAsync(x), net.inferenceAsync(x)];
  await Promise.all(running);
  const { utilization } = performance.eventLoopUtilization(before);
  t.true(utilization < 0.5, `${utilization}`);
});

test('rows of several shapes in turns', (t) => {
  const net = fittingNet([2, 3, 1], { seed: 4 });
  const inputs = [1, 2, 300, 1, 300].map((rows, i) => rowsOfNumbers(rows, 2, i));
  const expected = inputs.map((x) => fittingNet([2, 3, 1], { seed: 4 }).inference(x).data);
  for (const [i, x] of inputs.entries()) t.deepEqual(net.inference(x).data, expected[i]!);
  for (const [i, x] of inputs.entries()) t.deepEqual(net.inference(x).data, expected[i]!);
});

test('a layer added after a prediction takes part in the next', (t) => {
  const net = fittingNet([1, 1]);
  net.layers[0]!.setWeights({ W: Tensor.from([[2]]), B: Tensor.from([[1]]) });
  const x = Tensor.from([[1]]);
  t.deepEqual(net.inference(x).toArray(), [[3]]);
  const second = new FullyConnectedLayer(1, 2);
  net.addLayer(second);
  second.setWeights({ W: Tensor.from([[1, 10]]), B: Tensor.from([[0, 0]]) });
  t.deepEqual(net.inference(x).toArray(), [[3, 30]]);
});

for (const rows of [1, 600]) {
  test(`a net that hands its ${rows} rows on returns a copy of them`, async (t) => {
    const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new FlattenLayer());
    const x = rowsOfNumbers(rows, 6).reshape([rows, 1, 2, 3]);
    for (const y of [net.inference(x), await net.inferenceAsync(x)]) {
      t.deepEqual(y.shape, [rows, 6]);
      t.deepEqual(y.data, x.data);
      t.not(y.data.buffer, x.data.buffer);
    }
  });
}

test('rows that lie in the midst of their memory', (t) => {
  const net = fittingNet([3, 4, 1]);
  const all = rowsOfNumbers(5, 3);
  for (let i = 0; i < 5; i++) {
    const row = all.slice(i, i + 1);
    t.deepEqual(net.inference(row).data, net.inference(row.clone()).data);
  }
});

test('x that does not fit', async (t) => {
  const net = fittingNet([2, 1]);
  const cases: readonly [unknown, ReturnType<typeof badArgument>][] = [
    [Tensor.from([[1, 2, 3]]), shapeMismatch(/rows of 2 numbers for input but .* \[3\] at layer 'fc1', from the data/)],
    [Tensor.from([1, 2], [2]), shapeMismatch(/rows of 2 numbers for input but received rows of shape \[\]/)],
    [Tensor.from([1, 2], [1, 2, 1]), shapeMismatch(/received rows of shape \[2, 1\]/)],
    [Tensor.zeros([0, 2]), badArgument(/at least one row for x but received 0/)],
    [
      Tensor.from([[1, 2]], undefined, 'float64'),
      badArgument(/'?a float32 tensor'? for x but received 'a float64 one'/),
    ],
    [[[1, 2]], badArgument(/a Tensor for x but received an array of 1/)],
    [undefined, badArgument(/a Tensor for x but received undefined/)],
  ];
  for (const [x, expected] of cases) {
    t.throws(() => net.inference(untyped(x)), expected);
    t.throws(() => net.forward(untyped(x)), expected);
    t.throws(() => net.trainOnBatch(untyped(x), Tensor.from([[1]])), expected);
    t.throws(() => net.test(untyped(x), Tensor.from([[1]])), expected);
    await t.throwsAsync(net.inferenceAsync(untyped(x)), expected);
  }
});

test('y that does not fit', (t) => {
  const net = fittingNet([2, 1]);
  const x = Tensor.from([
    [1, 2],
    [3, 4],
  ]);
  const wrong: readonly [unknown, ReturnType<typeof badArgument>][] = [
    [Tensor.zeros([1, 1]), shapeMismatch(/2 rows for .* labels but received 1/)],
    [Tensor.zeros([2, 3]), shapeMismatch(/rows of 1 numbers for .* labels but received rows of 3$/)],
    [Tensor.zeros([2, 1], 'float64'), badArgument(/for y but received 'a float64 one'/)],
    [[1, 2], badArgument(/a Tensor for y/)],
  ];
  for (const [y, expected] of wrong) {
    t.throws(() => net.test(x, untyped(y)), expected);
    t.throws(() => net.trainOnBatch(x, untyped(y)), expected);
  }
});

test('detached x', (t) => {
  const net = fittingNet([2, 1]);
  net.inference(rowsOfNumbers(2, 2)); // the same shape before does not help
  const gone = rowsOfNumbers(2, 2);
  transferAway(gone.data);
  t.throws(() => net.inference(gone), badArgument(/a tensor with its memory for x but received 'a detached buffer'/));
  t.throws(() => net.forward(gone), badArgument(/a detached buffer/));
});

test('weights stay where they are once the net has run', (t) => {
  const net = fittingNet([2, 1]);
  const x = rowsOfNumbers(2, 2);
  const expected = net.inference(x).data;
  t.false(canBeTransferred(net.layers[0]!.weights.W!.data));
  t.deepEqual(net.inference(x).data, expected);
});

test('rows of calls on this thread can be transferred afterwards', (t) => {
  const net = fittingNet([2, 1]);
  const x = rowsOfNumbers(2, 2);
  const y = labelsFor(x);
  net.inference(x);
  net.trainOnBatch(x, y);
  net.test(x, y);
  t.true(canBeTransferred(x.data));
  t.true(canBeTransferred(y.data));
});

test('weights that are detached before the net first ran', (t) => {
  const net = fittingNet([2, 1]);
  transferAway(net.layers[0]!.weights.W!.data);
  t.throws(
    () => net.inference(rowsOfNumbers(2, 2)),
    badArgument(/its 2 numbers for a tensor but .*'a detached buffer'/),
  );
});

test('test › loss and R² by hand', (t) => {
  const net = fittingNet([1, 1], { dtype: 'float64' });
  net.layers[0]!.setWeights({ W: Tensor.from([[2]]), B: Tensor.from([[0]]) });
  const x = Tensor.from([[0], [1], [2]], undefined, 'float64');
  const y = Tensor.from([[1], [2], [6]], undefined, 'float64');
  // Outputs 0, 2, 4: squared errors 1, 0, 4; the labels' variance is 41/3 − 9.
  const { loss, accuracy } = net.test(x, y);
  t.is(loss, 5 / 6);
  t.true(Math.abs(accuracy - (1 - 5 / 3 / (41 / 3 - 9))) < 1e-12);
});

test('test › cross entropy and accuracy by hand, over several chunks', (t) => {
  const net = classifier(2, 2, { dtype: 'float64' });
  net.layers[0]!.setWeights({
    W: Tensor.from([
      [1, 0],
      [0, 1],
    ]),
    B: Tensor.from([[0, 0]]),
  });
  const rows = 600;
  const x = rowsOfNumbers(rows, 2).clone('float64');
  const y = Tensor.zeros([rows, 2], 'float64');
  let [loss, correct] = [0, 0];
  for (let i = 0; i < rows; i++) {
    const [a, b] = [x.data[2 * i]!, x.data[2 * i + 1]!];
    const label = i % 3 === 0 ? 1 : 0;
    y.data[2 * i + label] = 1;
    loss -= (label === 0 ? a : b) - Math.log(Math.exp(a) + Math.exp(b));
    correct += Number((b > a ? 1 : 0) === label);
  }
  const result = net.test(x, y);
  t.true(Math.abs(result.loss - loss / rows) < 1e-12);
  t.is(result.accuracy, correct / rows);
});

test('test › labels that are no probabilities', (t) => {
  const net = classifier(2, 2);
  const x = Tensor.zeros([3, 2]);
  t.throws(
    () =>
      net.test(
        x,
        Tensor.from([
          [1, 0],
          [0, 1],
          [2, -1],
        ]),
      ),
    badArgument(/numbers from 0 to 1 for the label in row 2 of the test set but received 2/),
  );
  t.throws(
    () =>
      net.trainOnBatch(
        x,
        Tensor.from([
          [1, 0],
          [1, 1],
          [0, 1],
        ]),
      ),
    badArgument(/numbers that sum to 1 for the label in row 1 of the batch but received 2/),
  );
});

test.serial('the number of threads does not change a bit, large products included', (t) => {
  const before = getThreads();
  t.teardown(() => setThreads(before));
  const x = rowsOfNumbers(512, 300);
  const y = labelsFor(x);
  const results = [1, 2, 3].map((threads) => {
    setThreads(threads);
    const net = fittingNet([300, 256, 512, 1], { learningRate: 0.01 });
    for (let step = 0; step < 2; step++) net.trainOnBatch(x, y);
    const large = fittingNet([2048, 2500, 2]); // one row of which is cut into tiles
    const one = large.inference(rowsOfNumbers(1, 2048)).data;
    return { weights: weightsOf(net), outputs: net.inference(x).data, one };
  });
  t.deepEqual(results[1], results[0]);
  t.deepEqual(results[2], results[0]);
});
