// net.train against independent runs: NumPy for the curve, PyTorch for the classifiers; see test/fixtures/reference.
import test from 'ava';
import {
  type Activation,
  ActivationLayer,
  type CheckpointRecord,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  type NetType,
  NeuralNet,
} from 'blasnet';
import { differences, type Numbers, readReference, tensorOf } from '../support/numerics.js';

interface Run {
  readonly sizes: number[];
  readonly activation: Activation;
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly validation: number;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly xTest: Numbers;
  readonly yTest: Numbers;
  readonly start: Record<'W' | 'B', Numbers>[];
  readonly end: Record<'W' | 'B', Numbers>[];
  readonly checkpoints: Record<string, CheckpointRecord[]>;
  readonly test: { loss: number; accuracy: number };
}

const nets = {
  curve: { netType: 'fitting', rtol: 1e-10 },
  multiple: { netType: 'multipleClassifier', last: 'softmax', rtol: 1e-9 },
  binary: { netType: 'binaryClassifier', last: 'sigmoid', rtol: 1e-9 },
} as const satisfies Record<string, { netType: NetType; last?: 'softmax' | 'sigmoid'; rtol: number }>;

/** The net of a run with the weights it starts from. */
function makeNet(run: Run, netType: NetType, last: 'softmax' | 'sigmoid' | undefined): NeuralNet {
  const { batchSize, learningRate, sizes, epochs: maxEpoch } = run;
  const params = { netType, batchSize, learningRate, maxEpoch, dtype: 'float64' } as const;
  const net = new NeuralNet(new HyperParameters(params), 'net');
  run.start.forEach(({ W, B }, i) => {
    const layer = new FullyConnectedLayer(sizes[i]!, sizes[i + 1]!);
    net.addLayer(layer);
    layer.setWeights({ W: tensorOf(W), B: tensorOf(B) });
    if (i < run.start.length - 1) net.addLayer(new ActivationLayer(run.activation));
  });
  if (last) net.addLayer(new ClassificationLayer(last));
  return net;
}

function makeReader({ x, y, xTest, yTest, validation }: Run): DataReader {
  const tensors = { xTrain: tensorOf(x), yTrain: tensorOf(y), xTest: tensorOf(xTest), yTest: tensorOf(yTest) };
  const reader = DataReader.fromTensors(tensors);
  reader.generateValidationSet(validation);
  return reader;
}

function weightDifferences(net: NeuralNet, run: Run, rtol: number): string[] {
  const layers = net.layers.filter((layer) => layer instanceof FullyConnectedLayer);
  return run.end.flatMap(({ W, B }, i) => [
    ...differences(layers[i]!.weights.W!.data, W.data, { rtol }, `W${i + 1}`),
    ...differences(layers[i]!.weights.B!.data, B.data, { rtol }, `B${i + 1}`),
  ]);
}

const fields = ['epoch', 'iteration', 'lossTrain', 'accuracyTrain', 'lossValidation', 'accuracyValidation'] as const;

for (const [name, { netType, rtol, ...rest }] of Object.entries(nets)) {
  const last = 'last' in rest ? rest.last : undefined;

  for (const checkpoint of ['1', '0.5', '2.5']) {
    test(`${name}: weights and records with a checkpoint every ${checkpoint} epochs`, async (t) => {
      const run = (await readReference<Record<string, Run>>('training'))[name]!;
      const net = makeNet(run, netType, last);
      const seen: CheckpointRecord[] = [];
      const history = await net.train(makeReader(run), {
        shuffle: false,
        needTest: true,
        checkpoint: Number(checkpoint),
        onCheckpoint: (record) => seen.push(record),
      });
      t.deepEqual(weightDifferences(net, run, rtol), []);
      const expected = run.checkpoints[checkpoint]!;
      t.is(history.records.length, expected.length);
      for (const field of fields) {
        const actual = history.records.map((record) => record[field]!);
        const numbers = expected.map((record) => record[field]!);
        t.deepEqual(differences(actual, numbers, { rtol }, field), []);
      }
      t.deepEqual(seen, [...history.records]);
      t.deepEqual(differences([history.test!.loss], [run.test.loss], { rtol }, 'test loss'), []);
      t.deepEqual(differences([history.test!.accuracy], [run.test.accuracy], { rtol }, 'test accuracy'), []);
      t.is(history.stopReason, 'maxEpoch');
      t.is(history.iterations, expected.at(-1)!.iteration);
    });
  }

  test(`${name}: two trainings in a row are one of twice the length`, async (t) => {
    const run = (await readReference<Record<string, Run>>('training'))[name]!;
    const net = makeNet({ ...run, epochs: run.epochs / 2 }, netType, last);
    const reader = makeReader(run);
    const first = await net.train(reader, { shuffle: false });
    const second = await net.train(reader, { shuffle: false });
    t.deepEqual(weightDifferences(net, run, rtol), []);
    const losses = [...first.records, ...second.records].map(({ lossTrain }) => lossTrain);
    const expected = run.checkpoints['1']!.map(({ lossTrain }) => lossTrain);
    t.deepEqual(differences(losses, expected, { rtol }), []);
  });
}
