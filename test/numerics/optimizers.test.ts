// Every optimizer against PyTorch, or NumPy where PyTorch's formula is another; see test/fixtures/reference/rules.py.
import test from 'ava';
import { createOptimizer, type HyperParameterOptions, type OptimizerName, Tensor } from 'blasnet';
import { differences, type Numbers, readReference, tensorOf } from '../support/numerics.js';
import {
  eachBatch,
  makeNet,
  makeReader,
  readRuns,
  recordDifferences,
  runTolerance,
  stepByCalls,
  weightDifferences,
} from '../support/reference-runs.js';

interface Calls {
  /** Behind each `train`: an epoch of single steps on batches of that size. */
  readonly calls: readonly { readonly batchSize: number; readonly losses: readonly number[] }[];
}

interface Alone {
  readonly theta: Numbers;
  readonly gradients: Numbers;
  readonly after: readonly number[];
  readonly runs: readonly {
    readonly optimizer: NonNullable<HyperParameterOptions['optimizer']>;
    readonly learningRate: number;
    readonly theta: readonly Numbers[];
    readonly ahead: readonly number[];
  }[];
}

// Before all tests: ava wants them declared in one go.
const { alone } = await readReference<{ readonly alone: Alone }>('optimizers');
const runs = await readRuns('optimizers');
const interleaved = await readRuns<Calls>('optimizers', 'interleaved');
const [steps, length] = alone.gradients.shape as [number, number];
const gradients = tensorOf(alone.gradients).data;
const gradientOf = (step: number) => gradients.subarray(step * length, (step + 1) * length);

function create({ optimizer, learningRate }: (typeof alone.runs)[number]) {
  const { name, ...constants } = typeof optimizer === 'string' ? { name: optimizer } : optimizer;
  return createOptimizer(name as OptimizerName, { learningRate, ...constants });
}

for (const run of alone.runs) {
  test(`${JSON.stringify(run.optimizer)} alone`, (t) => {
    const optimizer = create(run);
    const theta = tensorOf(alone.theta).data;
    for (let step = 0; step < steps; step++) {
      optimizer.preUpdate(theta);
      if (step === steps - 1) t.deepEqual(differences(theta, run.ahead, runTolerance, 'ahead'), []);
      optimizer.update(theta, gradientOf(step));
      const at = alone.after.indexOf(step + 1);
      if (at >= 0) t.deepEqual(differences(theta, run.theta[at]!.data, runTolerance, `after ${step + 1}`), []);
    }
  });

  test(`${JSON.stringify(run.optimizer)} without preUpdate, for two arrays in turns`, (t) => {
    const optimizer = create(run);
    const thetas = [tensorOf(alone.theta).data, tensorOf(alone.theta).data.subarray(2)];
    for (let step = 0; step < steps; step++) {
      optimizer.update(thetas[0]!, gradientOf(step));
      optimizer.update(thetas[1]!, gradientOf(step).subarray(2));
    }
    const expected = run.theta.at(-1)!.data;
    t.deepEqual(differences(thetas[0]!, expected, runTolerance), []);
    t.deepEqual(differences(thetas[1]!, expected.slice(2), runTolerance), []);
  });
}

for (const [name, run] of runs) {
  test(`${name}: one run`, async (t) => {
    const net = makeNet(run.problem, run.params);
    const { records } = await net.train(makeReader(run.problem), { shuffle: false, checkpoint: run.checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences(records, run.records), []);
  });

  test(`${name}: two runs of half the length`, async (t) => {
    const net = makeNet(run.problem, { ...run.params, maxEpoch: run.params.maxEpoch / 2 });
    const reader = makeReader(run.problem);
    const first = await net.train(reader, { shuffle: false });
    const second = await net.train(reader, { shuffle: false });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences([...first.records, ...second.records], run.records), []);
  });

  test(`${name}: step by step, the net's calls`, (t) => {
    const net = makeNet(run.problem, run.params);
    eachBatch(run, (x, y) => stepByCalls(net, x, y));
    t.deepEqual(weightDifferences(net, run.end), []);
  });

  test(`${name}: step by step, the layers' calls`, (t) => {
    const net = makeNet(run.problem, run.params);
    eachBatch(run, (x, y) => {
      for (const layer of net.layers) layer.preUpdate();
      const a = net.layers.reduce((input, layer) => layer.forward(input), x);
      const error = a.data.map((value, i) => (value - y.data[i]!) / x.rows);
      let delta: Tensor | null = Tensor.from(error, a.shape);
      for (const layer of [...net.layers].reverse()) delta = layer.backward(delta!);
      for (const layer of net.layers) layer.update();
    });
    t.deepEqual(weightDifferences(net, run.end), []);
  });
}

for (const [name, run] of interleaved) {
  test(`${name}: train and trainOnBatch in turns`, async (t) => {
    const net = makeNet(run.problem, run.params);
    const reader = makeReader(run.problem);
    const records = [];
    for (const { batchSize, losses } of run.calls) {
      records.push(...(await net.train(reader, { shuffle: false })).records);
      const seen = losses.map((_, i) => {
        const { x, y } = reader.getBatchSamples(batchSize, i);
        return net.trainOnBatch(x, y).loss;
      });
      t.deepEqual(differences(seen, losses, runTolerance, 'loss'), []);
    }
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences(records, run.records), []);
  });
}
