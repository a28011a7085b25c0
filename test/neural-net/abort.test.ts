import test from 'ava';
import { DataReader, type NeuralNet, PlainLayer, type RowShape, Tensor } from 'blasnet';
import { fittingNet, fittingReader, labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';
import { watchReplays } from '../support/replays.js';

const long = { maxEpoch: 1_000_000, learningRate: 1e-4 };

test('in mid-epoch › rejects with the reason, keeps the weights of the last step, and the net goes on', async (t) => {
  const net = fittingNet([8, 64, 1], { ...long, batchSize: 1 });
  const reader = fittingReader(2000, 8);
  const before = weightsOf(net);
  const controller = new AbortController();
  const reason = { custom: 'reason' };
  let running: Promise<unknown> | undefined;
  await new Promise((resolve) => {
    const options = { checkpoint: 1e6, signal: controller.signal, onProgress: resolve };
    running = net.train(reader, options).catch((error: unknown) => error);
  });
  controller.abort(reason);
  t.is(await running, reason); // which it would not do before a billion steps are over
  const after = weightsOf(net);
  t.notDeepEqual(after, before);
  t.true(after.every(Number.isFinite));
  t.deepEqual(net.inference(reader.xTrain).shape, [2000, 1]);
  const { loss } = net.test(reader.xTrain, reader.yTrain);
  net.trainOnBatch(reader.xTrain, reader.yTrain);
  t.true(net.test(reader.xTrain, reader.yTrain).loss < loss);
});

test('without a reason › an AbortError', async (t) => {
  const net = fittingNet([8, 64, 1], long);
  const nameFor = async (signal: AbortSignal) => {
    const thrown: unknown = await net.train(fittingReader(500, 8), { signal }).catch((error: unknown) => error);
    return thrown instanceof DOMException && thrown.name;
  };
  t.is(await nameFor(AbortSignal.timeout(30)), 'TimeoutError');
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  t.is(await nameFor(controller.signal), 'AbortError');
});

test('a signal that is aborted already › nothing happens', async (t) => {
  const net = fittingNet([3, 1]);
  const before = weightsOf(net);
  const reason = new Error('too late');
  const error = await t.throwsAsync(net.train(fittingReader(20, 3), { signal: AbortSignal.abort(reason) }));
  t.is(error, reason);
  t.deepEqual(weightsOf(net), before);
  t.is((await net.train(fittingReader(20, 3))).records[0]!.iteration, 1);
});

test('within onCheckpoint › no further step', async (t) => {
  const net = fittingNet([3, 1], { batchSize: 2 });
  const controller = new AbortController();
  const reason = new Error('from onCheckpoint');
  let weights: number[] = [];
  const error = await t.throwsAsync(
    net.train(fittingReader(20, 3), {
      signal: controller.signal,
      onCheckpoint() {
        weights = weightsOf(net);
        controller.abort(reason);
      },
    }),
  );
  t.is(error, reason);
  t.deepEqual(weightsOf(net), weights);
});

test('within onProgress', async (t) => {
  const controller = new AbortController();
  const reason = new Error('from onProgress');
  const error = await t.throwsAsync(
    fittingNet([8, 64, 1], long).train(fittingReader(500, 8), {
      checkpoint: 1e6,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    }),
  );
  t.is(error, reason);
});

test.serial('while validating › the rest of the validation set is not looked at', async (t) => {
  const xTrain = rowsOfNumbers(30_000, 16);
  const reader = DataReader.fromTensors({ xTrain, yTrain: labelsFor(xTrain) });
  reader.generateValidationSet(1.0003);
  t.true(reader.numTrain < 32);
  const net = fittingNet([16, 1024, 1024, 1], { ...long, maxEpoch: 1 });
  const controller = new AbortController();
  const reason = new Error('while validating');
  // One run is the epoch's only step, one the training set, one the validation set, in 118 steps.
  const runs = watchReplays(t, (begun) => {
    if (begun.at(-1)!.end > 100) controller.abort(reason);
  });
  const records: unknown[] = [];
  const running = net.train(reader, { signal: controller.signal, onCheckpoint: (record) => records.push(record) });
  t.is(await t.throwsAsync(running), reason);
  t.deepEqual(records, []);
  const { end, outcome } = runs.at(-1)!;
  t.is(end, 118);
  const { reason: ended, next } = await outcome;
  t.is(ended, 'aborted');
  t.true(next < end, `${next}`);
  t.is(net.inference(rowsOfNumbers(1, 16)).rows, 1);
});

/** Passes rows on, one step at a time on this thread, and tells of each. */
class Passing extends PlainLayer {
  override readonly kind = 'passing';
  readonly #onForward: (training: boolean) => void;

  constructor(onForward: (training: boolean) => void) {
    super();
    this.#onForward = onForward;
  }
  override outputShape(input: RowShape): RowShape {
    return input;
  }
  forward(x: Tensor, training = true): Tensor {
    this.#onForward(training);
    return x.clone();
  }
  backward(delta: Tensor): Tensor {
    return delta.clone();
  }
}

/** What `train` rejects with when the signal is aborted in a step, and the steps, validation included, that were made. */
async function abortedInStep(aborted: number, net: NeuralNet, reader: DataReader) {
  const controller = new AbortController();
  const reason = new Error('in a step');
  const steps = { training: 0, validation: 0 };
  net.addLayer(
    new Passing((training) => {
      steps[training ? 'training' : 'validation']++;
      if (steps.training === aborted) controller.abort(reason);
    }),
  );
  const error: unknown = await net.train(reader, { signal: controller.signal, shuffle: false }).catch((why) => why);
  return { isReason: error === reason, steps };
}

test('in the last step before rows of a stream that never come', async (t) => {
  const x = Tensor.zeros([1024, 1024]); // so large that each batch is read by itself
  let epochs = 0;
  const reader = DataReader.fromBatches(async function* () {
    const isRead = epochs++ > 0;
    yield { x, y: Tensor.zeros([1024, 1]) };
    if (isRead) await new Promise(() => {});
    yield { x, y: Tensor.zeros([1024, 1]) };
  });
  await reader.readData();
  const net = fittingNet([1024, 1], { maxEpoch: 1, batchSize: 1024 });
  const { isReason, steps } = await abortedInStep(1, net, reader);
  t.true(isReason);
  t.deepEqual(steps, { training: 1, validation: 0 });
  t.is(net.inference(x.slice(0, 1)).rows, 1);
});

test('before the first rows of a stream come, which never do', async (t) => {
  const controller = new AbortController();
  const reason = new Error('before the first step');
  let epochs = 0;
  const reader = DataReader.fromBatches(async function* () {
    if (epochs++ > 0) {
      setImmediate(() => controller.abort(reason));
      await new Promise(() => {});
    }
    yield { x: Tensor.zeros([4, 2]), y: Tensor.zeros([4, 1]) };
  });
  await reader.readData();
  const net = fittingNet([2, 1], { maxEpoch: 1 });
  t.is(await t.throwsAsync(net.train(reader, { signal: controller.signal, shuffle: false })), reason);
  t.is(net.inference(Tensor.zeros([1, 2])).rows, 1);
});

test('in the last step before a checkpoint › the validation set is not looked at', async (t) => {
  const reader = fittingReader(40, 3);
  reader.generateValidationSet(4);
  const net = fittingNet([3, 1], { batchSize: 10 });
  const { isReason, steps } = await abortedInStep(6, net, reader);
  t.true(isReason);
  t.deepEqual(steps, { training: 6, validation: 1 });
});

test('an abort after the end has no effect', async (t) => {
  const controller = new AbortController();
  const net = fittingNet([3, 1]);
  const history = await net.train(fittingReader(20, 3), { signal: controller.signal });
  controller.abort();
  t.is(history.records.length, 10);
  t.is((await net.train(fittingReader(20, 3))).records.length, 10);
});

test('one signal for many nets › no warning, and all end', async (t) => {
  const warnings: string[] = [];
  const warn = ({ name, message }: Error) => warnings.push(`${name}: ${message}`);
  process.on('warning', warn);
  t.teardown(() => process.off('warning', warn));
  const controller = new AbortController();
  const reason = new Error('all of you');
  const { signal } = controller;
  let begun = 0;
  const onCheckpoint = () => {
    begun++;
    if (begun === 24) controller.abort(reason);
  };
  const nets = Array.from({ length: 12 }, () => fittingNet([3, 1], long));
  const ends = await Promise.allSettled(nets.map((net) => net.train(fittingReader(20, 3), { signal, onCheckpoint })));
  for (const end of ends) t.is(end.status === 'rejected' && end.reason, reason);
  await new Promise(setImmediate); // warnings come in a turn of their own
  t.deepEqual(warnings, []);
});

test('onCheckpoint › a promise is waited for, and what it rejects with ends the run', async (t) => {
  const net = fittingNet([3, 1], { maxEpoch: 5 });
  const order: string[] = [];
  await net.train(fittingReader(20, 3), {
    onCheckpoint: async ({ epoch }) => {
      order.push(`${epoch} begins`);
      await new Promise(setImmediate);
      order.push(`${epoch} ends`);
    },
  });
  t.deepEqual(
    order,
    [1, 2, 3, 4, 5].flatMap((epoch) => [`${epoch} begins`, `${epoch} ends`]),
  );
  const failure = new Error('no room');
  const failing = async () => {
    await new Promise(setImmediate);
    throw failure;
  };
  t.is(await t.throwsAsync(net.train(fittingReader(20, 3), { onCheckpoint: failing })), failure);
  t.deepEqual(net.inference(rowsOfNumbers(2, 3)).shape, [2, 1]);
});

test('onCheckpoint › a promise that never settles can be aborted', async (t) => {
  for (const when of [setImmediate, (abort: () => void) => abort()]) {
    const controller = new AbortController();
    const reason = new Error('enough');
    const onCheckpoint = () => {
      when(() => controller.abort(reason));
      return new Promise<void>(() => {});
    };
    const { signal } = controller;
    const training = fittingNet([3, 1]).train(fittingReader(20, 3), { signal, onCheckpoint });
    t.is(await t.throwsAsync(training), reason);
  }
});
