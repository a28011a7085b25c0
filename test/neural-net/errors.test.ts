import test from 'ava';
import { ConvLayer, DataReader, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { badArgument, notFinite, shapeMismatch, untyped } from '../support/errors.js';
import { canBeTransferred, transferAway } from '../support/memory.js';
import { classifier, fittingNet, fittingReader, labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';

const long = { maxEpoch: 1_000_000, learningRate: 1e-4 };

test('train › options and readers that cannot be', async (t) => {
  const net = fittingNet([3, 1]);
  const reader = fittingReader(10, 3);
  for (const checkpoint of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, untyped<number>('1')]) {
    await t.throwsAsync(
      net.train(reader, { checkpoint }),
      badArgument(/a finite number of epochs above 0 for checkpoint but received/),
    );
  }
  await t.throwsAsync(net.train(reader, { needTest: true }), badArgument(/a reader with a test set for needTest/));
  for (const signal of [new AbortController(), 5, null, {}]) {
    await t.throwsAsync(net.train(reader, { signal: untyped(signal) }), badArgument(/an AbortSignal for signal but/));
  }
  for (const name of ['onProgress', 'onCheckpoint']) {
    for (const listener of [5, null, {}, 'print']) {
      const expected = badArgument(new RegExp(`^Expected a function for ${name} but received`));
      await t.throwsAsync(net.train(reader, { [name]: listener }), expected);
    }
  }
  await t.throwsAsync(net.train(new DataReader()), badArgument(/readData to have finished for data but .*'no data'/));
  for (const value of [undefined, null, {}, [[1]]]) {
    await t.throwsAsync(net.train(untyped(value)), badArgument(/a DataReader for reader but received/));
  }
  t.is((await net.train(reader)).records.length, 10);
});

test('train › data that does not fit the net', async (t) => {
  await t.throwsAsync(
    fittingNet([2, 1]).train(fittingReader(10, 3)),
    shapeMismatch(/rows of 2 numbers for input but received rows of shape \[3\] at layer 'fc1', from the data/),
  );
  await t.throwsAsync(
    fittingNet([3, 2]).train(fittingReader(10, 3)),
    shapeMismatch(/rows of 2 numbers for the training set's labels but received rows of 1$/),
  );
});

test('train › labels that do not fit the type of net', async (t) => {
  const xTrain = rowsOfNumbers(4, 2);
  const train = (labels: number[][]) =>
    classifier(2, 2).train(DataReader.fromTensors({ xTrain, yTrain: Tensor.from(labels) }));
  await t.throwsAsync(
    train([
      [1, 0],
      [0, 1],
      [0, 2],
      [1, 0],
    ]),
    badArgument(/numbers from 0 to 1 for the label in row 2 of the training set but received 2/),
  );
  await t.throwsAsync(
    train([
      [1, 0],
      [0, 0],
      [0, 1],
      [1, 0],
    ]),
    badArgument(/numbers that sum to 1 for the label in row 1 of the training set but received 0/),
  );
  const validated = DataReader.fromTensors({
    xTrain,
    yTrain: Tensor.from([
      [1, 1],
      [0, 1],
      [0, 1],
      [1, 0],
    ]),
  });
  validated.generateValidationSet(4);
  await t.throwsAsync(classifier(2, 2).train(validated), badArgument(/for the label in row 0 of the validation set/));
});

test('train › a failure before the first step leaves the net idle and as it was', async (t) => {
  const net = fittingNet([2, 1]);
  const before = weightsOf(net);
  await t.throwsAsync(net.train(fittingReader(10, 3)), shapeMismatch(/./));
  t.deepEqual(weightsOf(net), before);
  const history = await net.train(fittingReader(10, 2));
  t.is(history.records[0]!.iteration, 1);
});

test('train › a learning rate that is too high', async (t) => {
  const net = fittingNet([3, 8, 1], { learningRate: 1e4, batchSize: 4, maxEpoch: 50 });
  const seen: number[][] = [weightsOf(net)];
  const error = await t.throwsAsync(
    net.train(fittingReader(20, 3), { checkpoint: 0.2, onCheckpoint: () => seen.push(weightsOf(net)) }),
    notFinite(
      /^Expected a finite (loss|weight) but it became NaN or infinite in epoch \d+, iteration \d+, first in layer 'fc\d'/,
    ),
  );
  const [, epoch, iteration] = /epoch (\d+), iteration (\d+)/.exec(error!.message)!.map(Number);
  t.is(iteration, seen.length);
  t.is(epoch, Math.ceil(iteration! / 5));
  t.deepEqual(weightsOf(net), seen.at(-1));
  t.true(weightsOf(net).every(Number.isFinite));
  t.true(net.inference(rowsOfNumbers(1, 3)).data.every(Number.isFinite));
});

test('train › numbers that are lost before the first checkpoint leave the first weights', async (t) => {
  const net = fittingNet([3, 1], { learningRate: 1e30, maxEpoch: 2, batchSize: 1 });
  const before = weightsOf(net);
  await t.throwsAsync(net.train(fittingReader(20, 3)), notFinite(/in epoch 1, iteration \d, first in layer 'fc1'/));
  t.deepEqual(weightsOf(net), before);
  net.trainOnBatch(Tensor.zeros([1, 3]), Tensor.zeros([1, 1]));
});

test('train › a last step that goes too far is not taken for a success', async (t) => {
  const net = fittingNet([1, 1], { learningRate: 1e38, maxEpoch: 1, batchSize: -1, initMethod: 'zero' });
  const reader = DataReader.fromTensors({ xTrain: Tensor.from([[100]]), yTrain: Tensor.from([[100]]) });
  await t.throwsAsync(net.train(reader), notFinite(/a finite weight .* in epoch 1, iteration 1, first in layer 'fc1'/));
  t.deepEqual(weightsOf(net), [0, 0]);
});

test('train › data that becomes NaN after it was checked', async (t) => {
  const xTrain = rowsOfNumbers(20, 3);
  const reader = DataReader.fromTensors({ xTrain, yTrain: labelsFor(xTrain) });
  const net = fittingNet([3, 1], { batchSize: 4, maxEpoch: 1 });
  xTrain.data[18 * 3] = Number.NaN;
  const before = weightsOf(net);
  await t.throwsAsync(
    net.train(reader, { shuffle: false }),
    notFinite(/a finite loss .* in epoch 1, iteration 5, first in layer 'fc1'/),
  );
  t.deepEqual(weightsOf(net), before);
});

test('train › a validation loss that is not finite', async (t) => {
  const xTrain = rowsOfNumbers(20, 3);
  const reader = DataReader.fromTensors({ xTrain, yTrain: labelsFor(xTrain) });
  reader.generateValidationSet(4);
  reader.xDev.data[0] = Number.NaN;
  const net = fittingNet([3, 1]);
  await t.throwsAsync(
    net.train(reader),
    notFinite(/a finite validation loss .* in epoch 1, iteration 1, first in the valid/),
  );
});

test('train › what onCheckpoint throws is what train rejects with, and the net is idle', async (t) => {
  const net = fittingNet([3, 1], { batchSize: 4 });
  const thrown = new Error('from the listener');
  const onCheckpoint = () => {
    throw thrown;
  };
  t.is(await t.throwsAsync(net.train(fittingReader(20, 3), { onCheckpoint })), thrown);
  t.is((await net.train(fittingReader(20, 3))).records[0]!.iteration, 10);
});

test('train › what onProgress throws is what train rejects with, and the net is idle', async (t) => {
  const net = fittingNet([8, 64, 1], long);
  const thrown = new RangeError('from the listener');
  const onProgress = () => {
    throw thrown;
  };
  const reader = fittingReader(500, 8);
  t.is(await t.throwsAsync(net.train(reader, { onProgress, checkpoint: 1e5 })), thrown);
  t.is(await t.throwsAsync(net.train(reader, { onProgress, checkpoint: 1 })), thrown);
  t.true(net.inference(reader.xTrain).data.every(Number.isFinite));
});

test('train › what onProgress throws at the very end', async (t) => {
  const thrown = { not: 'an error' };
  const onProgress = () => {
    throw thrown;
  };
  t.is(
    await fittingNet([3, 1])
      .train(fittingReader(20, 3), { onProgress })
      .catch((error: unknown) => error),
    thrown,
  );
});

test('train › what an async onProgress rejects with is what train rejects with, and the net is idle', async (t) => {
  const net = fittingNet([8, 64, 1], long);
  const thrown = new RangeError('from the listener');
  let calls = 0;
  const onProgress = async () => {
    calls++;
    await new Promise((resolve) => setTimeout(resolve, 1));
    throw thrown;
  };
  const reader = fittingReader(500, 8);
  t.is(await t.throwsAsync(net.train(reader, { onProgress, checkpoint: 1e5 })), thrown);
  t.is(await t.throwsAsync(net.train(reader, { onProgress, checkpoint: 1 })), thrown);
  t.is(calls, 2);
  t.true(net.inference(reader.xTrain).data.every(Number.isFinite));
});

test('train › an async onProgress that rejects at the very end', async (t) => {
  const thrown = { not: 'an error' };
  const happened: string[] = [];
  const net = fittingNet([3, 1]);
  const error = await net
    .train(fittingReader(20, 3), {
      onCheckpoint: () => happened.push('checkpoint'),
      onProgress: async () => {
        happened.push('progress');
        throw thrown;
      },
    })
    .catch((error: unknown) => error);
  t.is(error, thrown);
  t.is(happened.indexOf('progress'), happened.length - 1); // told once, and nothing after that
  t.is((await net.train(fittingReader(20, 3))).stopReason, 'maxEpoch');
});

test('train › waits for the promise of the last report, and tells nothing while one is pending', async (t) => {
  const net = fittingNet([8, 64, 1], { ...long, maxEpoch: 1000, batchSize: 500 });
  const happened: string[] = [];
  let pending = 0;
  await net.train(fittingReader(500, 8), {
    onProgress: async ({ iteration, totalIterations }) => {
      t.is(++pending, 1);
      await new Promise((resolve) => setTimeout(resolve, 150));
      pending--;
      if (iteration === totalIterations) happened.push('last report');
    },
  });
  t.is(pending, 0);
  t.deepEqual(happened, ['last report']);
});

test('train › is told a listener that never settles, it can still be aborted', async (t) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const onProgress = () => {
    setTimeout(() => controller.abort(reason), 1);
    return new Promise(() => {});
  };
  const training = fittingNet([3, 1]).train(fittingReader(20, 3), { onProgress, signal: controller.signal });
  t.is(await t.throwsAsync(training), reason);
});

test('train › tensors in place of a reader', async (t) => {
  const [x, y] = [rowsOfNumbers(4, 3), rowsOfNumbers(4, 1)];
  const net = fittingNet([3, 1]);
  const message = /^Expected a DataReader for reader but received an instance of Tensor; DataReader\.fromTensors\(/;
  await t.throwsAsync(net.train(untyped(x), untyped(y)), badArgument(message));
  await t.throwsAsync(net.train(untyped(undefined)), badArgument(/^Expected a DataReader for reader/));
});

test('train › memory that is gone before the run', async (t) => {
  for (const which of ['xTrain', 'yTrain'] as const) {
    const net = fittingNet([3, 1]);
    const reader = fittingReader(20, 3);
    transferAway(reader[which].data);
    const name = which[0];
    await t.throwsAsync(
      net.train(reader),
      badArgument(new RegExp(`^Expected 20 rows for the training set's ${name} but received 'a detached buffer'$`)),
    );
    t.is((await net.train(fittingReader(20, 3))).records.length, 10);
  }
});

for (const which of ['x', 'y', 'weights', 'validation'] as const) {
  test(`train › ${which} that somebody tries to transfer away in mid-run stays`, async (t) => {
    const train = async (disturb: boolean) => {
      const net = fittingNet([8, 64, 1], { maxEpoch: 300, learningRate: 1e-4 });
      const rows = rowsOfNumbers(500, 8);
      const reader = DataReader.fromTensors({ xTrain: rows, yTrain: labelsFor(rows) });
      const weights = net.getLayer('fc2').weights.W!;
      const memory = { x: reader.xTrain, y: reader.yTrain, weights, validation: reader.xTrain };
      if (which === 'validation') reader.generateValidationSet(5);
      const running = net.train(reader, { checkpoint: 50 });
      if (disturb) t.false(canBeTransferred(memory[which].data));
      await running;
      return net.getLayer('fc2').weights.W!.data;
    };
    t.deepEqual(await train(true), await train(false));
  });
}

test('layers whose outputs fit into no memory are refused by each call, and nothing is busy then', async (t) => {
  const padding = 2 ** 23; // images of 1 PB
  const side = 2 * padding + 1;
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'wide')
    .addLayer(new ConvLayer({ inputShape: [1, 1, 1], filters: 1, kernelSize: 1, padding }), 'wide')
    .addLayer(new ConvLayer({ inputShape: [1, side, side], filters: 1, kernelSize: 1, stride: side }), 'narrow');
  const [x, y] = [Tensor.zeros([1, 1]), Tensor.zeros([1, 1])];
  const tooLarge = badArgument(/^Expected .* fits? into memory but received/);
  for (let attempt = 0; attempt < 2; attempt++) {
    t.throws(() => net.inference(x), tooLarge);
    t.throws(() => net.forward(x), tooLarge);
    t.throws(() => net.test(x, y), tooLarge);
    t.throws(() => net.trainOnBatch(x, y), tooLarge);
    await t.throwsAsync(net.inferenceAsync(x), tooLarge);
    await t.throwsAsync(net.train(DataReader.fromTensors({ xTrain: x, yTrain: y })), tooLarge);
  }
});
