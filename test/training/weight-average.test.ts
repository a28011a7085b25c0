// Averages of weights against NumPy (test/fixtures/reference/weight_average.py), and where they are used.
import test from 'ava';
import { BatchNormLayer, type HyperParameterOptions, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { badArgument, notFinite, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, weightsOf } from '../support/nets.js';
import {
  makeNet,
  makeReader,
  readRuns,
  recordDifferences,
  stepByCalls,
  weightDifferences,
} from '../support/reference-runs.js';

const runs = await readRuns<{ readonly batchNorm?: boolean }>('weight_average');

for (const [name, run] of runs) {
  const around = { before: (i: number) => new BatchNormLayer(run.problem.sizes[i + 1]!) };
  const make = (params = run.params) => makeNet(run.problem, params, run.batchNorm ? around : undefined);

  test(`${name}: weights and records are those of the averages`, async (t) => {
    const net = make();
    const { records } = await net.train(makeReader(run.problem), { shuffle: false, checkpoint: run.checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences(records, run.records), []);
  });

  test(`${name}: a second run goes on from the weights, not from their averages`, async (t) => {
    const net = make({ ...run.params, maxEpoch: run.params.maxEpoch / 2 });
    const options = { shuffle: false, checkpoint: run.checkpoint };
    const first = await net.train(makeReader(run.problem), options);
    const second = await net.train(makeReader(run.problem), options);
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences([...first.records, ...second.records], run.records), []);
  });
}

const averaged = (options: Partial<HyperParameterOptions> = {}) =>
  fittingNet([3, 5, 1], { weightAverage: { decay: 0.9 }, learningRate: 0.05, seed: 4, maxEpoch: 3, ...options });
const plain = (options: Partial<HyperParameterOptions> = {}) =>
  fittingNet([3, 5, 1], { learningRate: 0.05, seed: 4, maxEpoch: 3, ...options });
const { xTrain: x, yTrain: y } = fittingReader(40, 3);

test('training itself is that of a net without averages', async (t) => {
  const [net, reference] = [averaged(), plain()];
  const [own, expected] = [await net.train(fittingReader(40, 3)), await reference.train(fittingReader(40, 3))];
  t.deepEqual(
    own.records.map(({ lossTrain }) => lossTrain),
    expected.records.map(({ lossTrain }) => lossTrain),
  );
  t.notDeepEqual(weightsOf(net), weightsOf(reference));
});

for (const optimizer of ['sgd', 'nag'] as const) {
  test(`trainOnBatch and the net's calls average alike, and so does train: ${optimizer}`, async (t) => {
    const nets = [1, 2, 3].map(() => averaged({ optimizer, batchSize: -1 })) as [NeuralNet, NeuralNet, NeuralNet];
    await nets[0].train(fittingReader(40, 3), { shuffle: false });
    for (let step = 0; step < 3; step++) {
      nets[1].trainOnBatch(x, y);
      stepByCalls(nets[2], x, y);
    }
    t.deepEqual(weightsOf(nets[1]), weightsOf(nets[0]));
    t.deepEqual(weightsOf(nets[2]), weightsOf(nets[0]));
  });
}

test('without preUpdateWeights, forward in training computes with the weights that are trained', (t) => {
  const [net, reference] = [averaged(), plain()];
  for (const one of [net, reference]) one.trainOnBatch(x, y);
  t.deepEqual(net.forward(x).data, reference.forward(x).data);
  t.notDeepEqual(net.forward(x, false).data, reference.forward(x, false).data);
  t.deepEqual(net.forward(x, false).data, net.inference(x).data);
  const next = [net, reference].map((one) => {
    one.forward(x);
    one.backward(y);
    one.updateWeights();
    return one.forward(x).data;
  });
  t.deepEqual(next[0], next[1]);
});

test('the net predicts, evaluates and is saved with the averages', async (t) => {
  const net = averaged();
  const reader = fittingReader(40, 3);
  reader.generateValidationSet(10);
  const { best, records } = await net.train(reader);
  t.is(best, records.at(-1)!);
  const { loss } = net.test(x.slice(0, 4), y.slice(0, 4));
  t.is(loss, best.lossValidation!);
  const file = `${await temporaryFolder(t)}/net.safetensors`;
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(weightsOf(loaded), weightsOf(net));
  t.deepEqual(loaded.params.weightAverage, { decay: 0.9 });
  t.deepEqual(loaded.inference(x).data, net.inference(x).data);
});

const changes: Readonly<Record<string, (net: NeuralNet) => unknown>> = {
  setWeights: (net) => net.layers[0]!.setWeights({ W: Tensor.from(new Float32Array(15).fill(0.1), [3, 5]) }),
  'a number written into a tensor': (net) => {
    net.layers[0]!.weights.W!.data[1]! += 0.25;
  },
};

for (const [name, change] of Object.entries(changes)) {
  test(`after ${name}, training goes on from what the net holds`, async (t) => {
    const net = averaged();
    await net.train(fittingReader(40, 3));
    change(net);
    const reference = averaged();
    for (const [i, layer] of reference.layers.entries()) layer.setWeights(net.layers[i]!.weights);
    for (const one of [net, reference]) one.trainOnBatch(x, y);
    t.deepEqual(weightsOf(net), weightsOf(reference));
  });
}

test('restoreBest restores the averages of the best checkpoint, from which training goes on', async (t) => {
  const net = averaged({ learningRate: 1.2, maxEpoch: 12, weightAverage: { decay: 0.3 } });
  const reader = fittingReader(40, 3);
  reader.generateValidationSet(10);
  const { best, records } = await net.train(reader, { restoreBest: true });
  t.not(best, records.at(-1)!);
  t.is(net.test(x.slice(0, 4), y.slice(0, 4)).loss, best.lossValidation!);
  const reference = averaged();
  for (const [i, layer] of reference.layers.entries()) layer.setWeights(net.layers[i]!.weights);
  net.forward(x);
  t.deepEqual(net.forward(x).data, reference.forward(x).data);
});

test('loadInitialValues begins anew, averages included', async (t) => {
  const folder = await temporaryFolder(t);
  const [net, fresh] = [averaged(), averaged()];
  await net.saveInitialValues(folder);
  await net.train(fittingReader(40, 3));
  await net.loadInitialValues(folder);
  for (const one of [net, fresh]) await one.train(fittingReader(40, 3));
  t.deepEqual(weightsOf(net), weightsOf(fresh));
});

test('a run that loses its numbers leaves the averages of its last checkpoint', async (t) => {
  const net = averaged({ batchSize: -1, maxEpoch: 1 });
  const reader = fittingReader(40, 3);
  await net.train(reader);
  const before = weightsOf(net);
  const lost = Tensor.from(
    y.data.map(() => Number.POSITIVE_INFINITY),
    y.shape,
  );
  t.throws(() => net.trainOnBatch(x, lost), notFinite(/a finite loss/));
  t.deepEqual(weightsOf(net), before);
  const reference = averaged({ batchSize: -1, maxEpoch: 1 });
  await reference.train(reader);
  for (const one of [net, reference]) await one.train(reader);
  t.deepEqual(weightsOf(net), weightsOf(reference));
});

test("weightAverage's decay is required, from 0 to below 1", (t) => {
  const bad = (weightAverage: unknown) => () =>
    new HyperParameters({ netType: 'fitting', weightAverage: untyped(weightAverage) });
  for (const decay of [1, -0.1, Number.NaN, '0.9', undefined]) {
    t.throws(
      bad({ decay }),
      badArgument(/^Expected a number from 0 to below 1 for weightAverage's decay but received/),
    );
  }
  t.throws(bad({ decay: 0.9, rate: 1 }), badArgument(/received 'rate'/));
  t.throws(bad(0.9), badArgument(/an object for weightAverage but received 0.9/));
});
