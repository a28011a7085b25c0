import test from 'ava';
import {
  type Callback,
  type CallbackContext,
  type CheckpointRecord,
  DataReader,
  type HyperParameterOptions,
  NeuralNet,
  type Tensor,
  type TrainOptions,
} from 'blasnet';
import { sameCheckpoints } from '../support/checkpoints.js';
import { badArgument, busy, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, rowsOfNumbers, weightsOf } from '../support/nets.js';

/** 20 rows in batches of 4: five iterations an epoch. */
const five = { batchSize: 4, maxEpoch: 4 };

/** Notes what is called, with the epoch, and the iteration of the newest record. */
function noting(notes: string[], name = ''): Required<Callback> {
  const note = (hook: string, { epoch, iteration, records }: CallbackContext) =>
    void notes.push(`${name}${hook} ${epoch} ${iteration} ${records.at(-1)?.iteration ?? 'none'}`);
  return {
    onTrainBegin: (context) => note(`begin${context.isResumed ? ' again' : ''}`, context),
    onEpochEnd: (context) => note('epoch', context),
    onCheckpoint: (context) => note('checkpoint', context),
    onTrainEnd: (context) => note(`end ${context.stopReason}`, context),
  };
}

test('callbacks are told of each moment, in order, and of the state of the run', async (t) => {
  const notes: string[] = [];
  const net = fittingNet([3, 4, 1], { ...five, maxEpoch: 2 });
  const history = await net.train(fittingReader(20, 3), { checkpoint: 0.8, callbacks: [noting(notes)] });
  t.deepEqual(notes, [
    'begin 0 0 none',
    'checkpoint 0.8 4 4',
    'epoch 1 5 4',
    'checkpoint 1.6 8 8',
    'checkpoint 2 10 10',
    'epoch 2 10 10',
    'end maxEpoch 2 10 10',
  ]);
  t.is(history.records.length, 3);
});

test('onEpochEnd comes where checkpoints are rarer, with the loss since the newest one', async (t) => {
  const notes: string[] = [];
  const losses: number[] = [];
  const watch: Callback = { ...noting(notes), onTrainBegin: () => {}, onEpochEnd: ({ loss }) => losses.push(loss) };
  const settings = { ...five, dtype: 'float64', learningRate: 0.05 } as const;
  const { records } = await fittingNet([3, 1], settings).train(fittingReader(20, 3), {
    checkpoint: 3,
    shuffle: false,
    callbacks: [watch],
  });
  t.deepEqual(notes, ['checkpoint 3 15 15', 'checkpoint 4 20 20', 'end maxEpoch 4 20 20']);
  const { records: each } = await fittingNet([3, 1], settings).train(fittingReader(20, 3), { shuffle: false });
  const [a, b, c, d] = each.map(({ lossTrain }) => lossTrain) as [number, number, number, number];
  const expected = [a, (a + b) / 2, (a + b + c) / 3, d];
  t.is(losses.length, 4);
  for (const [i, loss] of losses.entries()) t.true(Math.abs(loss - expected[i]!) < 1e-12, `${i}`);
  t.is(losses[3], records[1]!.lossTrain);
});

const runs: Readonly<Record<string, { params?: Partial<HyperParameterOptions>; options?: TrainOptions }>> = {
  'each epoch': {},
  'rarer checkpoints': { options: { checkpoint: 2.5 } },
  'checkpoints within epochs': { options: { checkpoint: 0.3 } },
  'nag in float64': { params: { optimizer: 'nag', dtype: 'float64' }, options: { checkpoint: 2.5 } },
  'adam with a cosine': {
    params: { optimizer: 'adam', learningRateSchedule: { kind: 'cosine', length: 20, unit: 'iteration' } },
    options: { checkpoint: 4 },
  },
  'a validation set and reduceOnPlateau': {
    params: { learningRateSchedule: { kind: 'reduceOnPlateau', patience: 1, factor: 0.5 }, learningRate: 0.5 },
    options: { checkpoint: 1.5 },
  },
};

for (const [name, { params, options }] of Object.entries(runs)) {
  test(`callbacks change no bit › ${name}`, async (t) => {
    const reader = () => {
      const made = fittingReader(53, 3);
      made.generateValidationSet(5);
      return made;
    };
    const make = () => fittingNet([3, 8, 1], { batchSize: 8, maxEpoch: 6, seed: 3, ...params });
    const [plain, watched] = [make(), make()];
    const expected = await plain.train(reader(), options);
    const [x, y] = [rowsOfNumbers(5, 3), rowsOfNumbers(5, 1)].map((tensor) => tensor.clone(plain.params.dtype)) as [
      Tensor,
      Tensor,
    ];
    const predict: Callback = {
      onEpochEnd: async ({ net }) => void (await net.inferenceAsync(x)),
      onCheckpoint: ({ net }) => net.test(x, y),
    };
    const found = await watched.train(reader(), { ...options, callbacks: [predict, noting([])] });
    t.deepEqual(found.records, expected.records);
    t.deepEqual(weightsOf(watched), weightsOf(plain));
  });
}

test('rows of a stream: epochs end as they do with rows in memory', async (t) => {
  const [x, y] = [rowsOfNumbers(30, 20_000), rowsOfNumbers(30, 1, 2)]; // several windows
  const batches = () => [0, 12].map((from, i) => ({ x: x.slice(from, [12, 30][i]), y: y.slice(from, [12, 30][i]) }));
  const reader = DataReader.fromBatches(batches);
  await reader.readData();
  const notes: string[] = [];
  const net = fittingNet([20_000, 1], { batchSize: 8, maxEpoch: 3, learningRate: 1e-5 });
  await net.train(reader, { checkpoint: 2, callbacks: [noting(notes)] });
  t.deepEqual(notes.slice(1), [
    'epoch 1 4 none',
    'checkpoint 2 8 8',
    'epoch 2 8 8',
    'checkpoint 3 12 12',
    'epoch 3 12 12',
    'end maxEpoch 3 12 12',
  ]);
});

test('several callbacks are called one after the other, and each is waited for', async (t) => {
  const notes: string[] = [];
  const slow: Callback = {
    async onEpochEnd({ epoch }) {
      notes.push(`a ${epoch}`);
      await new Promise(setImmediate);
      notes.push(`b ${epoch}`);
    },
  };
  const quick: Callback = { onEpochEnd: ({ epoch }) => void notes.push(`c ${epoch}`) };
  await fittingNet([3, 1], { maxEpoch: 2 }).train(fittingReader(20, 3), { callbacks: [slow, quick] });
  t.deepEqual(notes, ['a 1', 'b 1', 'c 1', 'a 2', 'b 2', 'c 2']);
});

test('a callback keeps its own this, and gets lists that stay as they are', async (t) => {
  class Counter implements Callback {
    count = 0;
    lists: (readonly CheckpointRecord[])[] = [];
    onCheckpoint({ records, record, isBest }: Parameters<NonNullable<Callback['onCheckpoint']>>[0]) {
      this.count++;
      this.lists.push(records);
      t.is(records.at(-1), record);
      const lowest = Math.min(...records.map(({ lossTrain }) => lossTrain));
      t.is(isBest, record.lossTrain === lowest);
    }
  }
  const counter = new Counter();
  await fittingNet([3, 1], { maxEpoch: 3 }).train(fittingReader(20, 3), { callbacks: [counter] });
  t.is(counter.count, 3);
  t.deepEqual(
    counter.lists.map(({ length }) => length),
    [1, 2, 3],
  );
  t.true(counter.lists.every(Object.isFrozen));
});

test('stop › within onEpochEnd there is a last checkpoint, and train resolves', async (t) => {
  const notes: string[] = [];
  const stopping: Callback = { onEpochEnd: ({ epoch, stop }) => epoch === 2 && stop() };
  const net = fittingNet([3, 1], five);
  const history = await net.train(fittingReader(20, 3), { checkpoint: 3, callbacks: [stopping, noting(notes)] });
  t.is(history.stopReason, 'callback');
  t.deepEqual(
    history.records.map(({ iteration }) => iteration),
    [10],
  );
  t.is(history.iterations, 10);
  t.deepEqual(notes, [
    'begin 0 0 none',
    'epoch 1 5 none',
    'epoch 2 10 none',
    'checkpoint 2 10 10',
    'end callback 2 10 10',
  ]);
  const twin = fittingNet([3, 1], { ...five, maxEpoch: 2 });
  await twin.train(fittingReader(20, 3), { checkpoint: 2 });
  t.deepEqual(weightsOf(net), weightsOf(twin));
});

test('stop › within onCheckpoint, with a reason', async (t) => {
  const net = fittingNet([3, 1], five);
  const callbacks: Callback[] = [{ onCheckpoint: ({ iteration, stop }) => iteration === 8 && stop('earlyStop') }];
  const { stopReason, records, iterations } = await net.train(fittingReader(20, 3), { checkpoint: 0.8, callbacks });
  t.deepEqual([stopReason, records.length, iterations], ['earlyStop', 2, 8]);
});

test('stop › before the first step of a run: it makes one', async (t) => {
  const notes: string[] = [];
  const callbacks: Callback[] = [noting(notes), { onTrainBegin: ({ stop }) => stop() }];
  const { stopReason, records } = await fittingNet([3, 1], five).train(fittingReader(20, 3), { callbacks });
  t.is(stopReason, 'callback');
  t.is(records.length, 1);
  t.deepEqual(notes, ['begin 0 0 none', 'checkpoint 0.2 1 1', 'end callback 0.2 1 1']);
});

test('stop › at another time, it ends the run within a step', async (t) => {
  let end: (() => void) | undefined;
  const net = fittingNet([8, 64, 1], { maxEpoch: 1_000_000 });
  const { stopReason, records, iterations } = await net.train(fittingReader(500, 8), {
    checkpoint: 1_000_000,
    callbacks: [
      {
        onTrainBegin({ stop }) {
          end = stop;
        },
      },
    ],
    onProgress: () => end!(),
  });
  t.is(stopReason, 'callback');
  t.is(records.length, 1);
  t.is(records[0]!.iteration, iterations);
  t.true(iterations > 0 && Number.isFinite(records[0]!.lossTrain));
});

test('stop › another reason than those of callbacks', async (t) => {
  const callbacks: Callback[] = [{ onEpochEnd: ({ stop }) => stop(untyped('enough')) }];
  const training = fittingNet([3, 1]).train(fittingReader(20, 3), { callbacks });
  await t.throwsAsync(training, badArgument(/^Expected 'callback' or 'earlyStop' for reason but received 'enough'/));
});

for (const hook of ['onTrainBegin', 'onEpochEnd', 'onCheckpoint', 'onTrainEnd'] as const) {
  for (const kind of ['throws', 'rejects'] as const) {
    test(`train rejects with what ${hook} ${kind}`, async (t) => {
      const failure = new Error('no room');
      const fail = () => {
        if (kind === 'throws') throw failure;
        return Promise.reject(failure);
      };
      const ends: unknown[] = [];
      const first: Callback = { onTrainEnd: ({ error, history }) => ends.push(error ?? history?.stopReason) };
      const last: Callback = { onTrainEnd: () => ends.push('last') };
      const net = fittingNet([3, 1], five);
      const training = net.train(fittingReader(20, 3), { callbacks: [first, { [hook]: fail }, last] });
      t.is(await t.throwsAsync(training), failure);
      const expected = { onTrainBegin: [failure], onTrainEnd: ['maxEpoch', 'last'] } as const;
      t.deepEqual(ends, [...(hook in expected ? expected[hook as keyof typeof expected] : [failure, 'last'])]);
      t.is((await net.train(fittingReader(20, 3))).stopReason, 'maxEpoch');
    });
  }
}

test('onTrainEnd is told of an abort, and of lost numbers', async (t) => {
  const ends: { error: unknown; records: number }[] = [];
  const callbacks: Callback[] = [{ onTrainEnd: ({ error, records }) => ends.push({ error, records: records.length }) }];
  const controller = new AbortController();
  const reason = new Error('enough');
  const { signal } = controller;
  const aborting: Callback = { onEpochEnd: ({ epoch }) => epoch === 2 && controller.abort(reason) };
  const aborted = fittingNet([3, 1]).train(fittingReader(20, 3), { signal, callbacks: [...callbacks, aborting] });
  t.is(await t.throwsAsync(aborted), reason);
  const lost = fittingNet([3, 1], { learningRate: 1e30 }).train(fittingReader(20, 3), { callbacks });
  const error = await t.throwsAsync(lost, { code: 'ERR_NOT_FINITE' });
  t.deepEqual(ends, [
    { error: reason, records: 2 },
    { error, records: 1 },
  ]);
});

test('a callback that never settles can be aborted', async (t) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const onEpochEnd = () => {
    setImmediate(() => controller.abort(reason));
    return new Promise(() => {});
  };
  const net = fittingNet([3, 1]);
  const training = net.train(fittingReader(20, 3), { signal: controller.signal, callbacks: [{ onEpochEnd }] });
  t.is(await t.throwsAsync(training), reason);
  t.is(net.inference(rowsOfNumbers(2, 3)).rows, 2);
});

test('within a callback the net can be read, and not changed', async (t) => {
  const folder = await temporaryFolder(t);
  const [x, y] = [rowsOfNumbers(4, 3), rowsOfNumbers(4, 1)];
  const outputs: Tensor[] = [];
  const refused = busy(/^Expected net 'test net' to be idle for \S+ but train runs$/);
  let pending: Promise<Tensor> | undefined;
  const reading: Callback = {
    async onEpochEnd({ net, epoch }) {
      outputs.push(net.inference(x), await net.inferenceAsync(x), (await net.predict(x)).outputs);
      outputs.push(net.predictSync(x).outputs);
      net.test(x, y);
      await net.save(`${folder}/${epoch}.safetensors`);
      await net.saveWeights(`${folder}/${epoch}`);
      t.throws(() => net.trainOnBatch(x, y), refused);
      t.throws(() => net.forward(x), refused);
      t.throws(() => net.layers[0]!.setWeights({ W: rowsOfNumbers(3, 1) }), refused);
      t.throws(() => (net.preparation = undefined), refused);
      await t.throwsAsync(net.train(fittingReader(20, 3)), refused);
      await t.throwsAsync(net.loadWeights(`${folder}/${epoch}`), refused);
      pending = net.inferenceAsync(x); // not waited for: training waits
    },
  };
  const net = fittingNet([3, 1], { maxEpoch: 2 });
  await net.train(fittingReader(20, 3), { callbacks: [reading] });
  outputs.push(await pending!);
  t.is(outputs.length, 9);
  for (const output of outputs.slice(1, 4)) t.deepEqual(output.data, outputs[0]!.data);
  t.deepEqual(net.inference(x).data, outputs.at(-1)!.data);
  t.deepEqual((await NeuralNet.load(`${folder}/1.safetensors`)).inference(x).data, outputs[0]!.data);
  t.deepEqual((await NeuralNet.load(`${folder}/2.safetensors`)).inference(x).data, net.inference(x).data);
});

/** Trains with a file at each checkpoint until one of its epochs, where it is killed. */
async function interrupted(net: NeuralNet, reader: DataReader, options: TrainOptions, at: number): Promise<void> {
  const killing: Callback = {
    onEpochEnd({ epoch }) {
      if (epoch === at) throw new Error('killed');
    },
  };
  const { callbacks = [] } = options;
  await net.train(reader, { ...options, callbacks: [...callbacks, killing] }).catch(() => {});
}

test('a resumed run calls the same callbacks as one that was not interrupted', async (t) => {
  const folder = await temporaryFolder(t);
  const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
  const make = () => fittingNet([3, 8, 1], { batchSize: 8, maxEpoch: 6, optimizer: 'adam' });
  const options = { checkpoint: 1.5, checkpointEvery: 0.01 };
  const stopping: Callback = { onEpochEnd: ({ epoch, stop }) => epoch === 5 && stop() };
  const notes: string[] = [];
  const all = [noting(notes), stopping];
  const history = await make().train(fittingReader(40, 3), { ...options, callbacks: all, checkpointFile: whole });
  t.is(history.stopReason, 'callback');
  t.deepEqual(
    history.records.map(({ epoch }) => epoch),
    [1.6, 3.2, 4.8, 5],
  );
  for (const at of [2, 4, 5]) {
    await interrupted(make(), fittingReader(40, 3), { ...options, checkpointFile: parts }, at);
    const again: string[] = [];
    const net = await NeuralNet.resume(parts);
    const callbacks = [noting(again), stopping];
    const rest = await net.train(fittingReader(40, 3), { ...options, callbacks, checkpointFile: parts });
    t.deepEqual(rest.records, history.records);
    await sameCheckpoints(t, parts, whole, `${at}`);
    const begin = { 2: 'begin again 1.6 8 8', 4: 'begin again 3.2 16 16', 5: 'begin again 4.8 24 24' }[at]!;
    t.deepEqual(again, [begin, ...notes.slice(-again.length + 1)]);
  }
  await t.throwsAsync(
    NeuralNet.resume(parts, { maxEpoch: 9 }),
    badArgument(/^Expected 6, as in the checkpoint, for maxEpoch of a run that callback has ended/),
  );
});

test('a run that was interrupted within a callback calls it again', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const options = { checkpointEvery: 0.01, checkpointFile: file };
  await interrupted(fittingNet([3, 1], five), fittingReader(20, 3), options, 3); // the third checkpoint is there, its file not
  const notes: string[] = [];
  await (await NeuralNet.resume(file)).train(fittingReader(20, 3), { ...options, callbacks: [noting(notes)] });
  t.deepEqual(notes.slice(0, 3), ['begin again 2 10 10', 'checkpoint 3 15 15', 'epoch 3 15 15']);
});

test('a run that is over calls only its beginning and its end', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  await fittingNet([3, 1], five).train(fittingReader(20, 3), { checkpointFile: file });
  const notes: string[] = [];
  const callbacks: Callback[] = [noting(notes), { onTrainBegin: ({ stop }) => stop() }];
  const { stopReason } = await (await NeuralNet.resume(file)).train(fittingReader(20, 3), { callbacks });
  t.is(stopReason, 'maxEpoch');
  t.deepEqual(notes, ['begin again 4 20 20', 'end maxEpoch 4 20 20']);
});

test('what is no list of callbacks is refused', async (t) => {
  const net = fittingNet([3, 1]);
  for (const [callbacks, message] of [
    [{}, /^Expected a list of callbacks for callbacks but received an instance of Object$/],
    [[null], /^Expected an object for callbacks\[0\] but received null$/],
    [[{}], /^Expected an object with onTrainBegin or onEpochEnd or .* for callbacks\[0\] but received/],
    [
      [{ onEpochEnd() {} }, { onEpochend() {} }],
      /for callbacks\[1\] but received 'onEpochend'; did you mean 'onEpochEnd'\?$/,
    ],
    [[{ onEpochEnd() {}, onEpochBegin() {} }], /for callbacks\[0\] but received 'onEpochBegin'/],
    [[{ onEpochEnd: 'yes' }], /^Expected a function for onEpochEnd of callbacks\[0\] but received 'yes'$/],
  ] as const) {
    const training = net.train(fittingReader(9, 3), { callbacks: untyped(callbacks) });
    await t.throwsAsync(training, badArgument(message));
  }
});

test('without callbacks for epochs a run does not pause there', async (t) => {
  const [x, y] = [rowsOfNumbers(20, 3), rowsOfNumbers(20, 1)];
  const paused: number[] = [];
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: y });
  await fittingNet([3, 1], five).train(reader, {
    checkpoint: 4,
    callbacks: [{ onCheckpoint: ({ iteration }) => paused.push(iteration) }],
  });
  t.deepEqual(paused, [20]);
});
