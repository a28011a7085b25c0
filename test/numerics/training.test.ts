// net.train against independent runs: NumPy for the curve, PyTorch for the classifiers; see test/fixtures/reference.
import test from 'ava';
import type { CheckpointRecord } from 'blasnet';
import { differences, type Numbers, readReference, tensorOf } from '../support/numerics.js';
import { makeNet, makeReader, type Problem, recordDifferences, weightDifferences } from '../support/reference-runs.js';

interface Run extends Omit<Problem, 'netType'> {
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly xTest: Numbers;
  readonly yTest: Numbers;
  readonly end: Problem['start'];
  readonly checkpoints: Record<string, CheckpointRecord[]>;
  readonly test: { loss: number; accuracy: number };
}

const netTypes = { curve: 'fitting', multiple: 'multipleClassifier', binary: 'binaryClassifier' } as const;
const tolerance = { rtol: 1e-10 };

/** A net and a reader for `part` of a run's epochs. */
async function prepare(name: keyof typeof netTypes, part = 1) {
  const run = (await readReference<Record<string, Run>>('training'))[name]!;
  const problem = { ...run, netType: netTypes[name] };
  const { batchSize, learningRate, epochs } = run;
  const net = makeNet(problem, { batchSize, learningRate, maxEpoch: epochs * part });
  const reader = makeReader(problem, { xTest: tensorOf(run.xTest), yTest: tensorOf(run.yTest) });
  return { run, net, reader };
}

for (const name of ['curve', 'multiple', 'binary'] as const) {
  for (const checkpoint of ['1', '0.5', '2.5']) {
    test(`${name}: weights and records with a checkpoint every ${checkpoint} epochs`, async (t) => {
      const { run, net, reader } = await prepare(name);
      const seen: CheckpointRecord[] = [];
      const history = await net.train(reader, {
        shuffle: false,
        needTest: true,
        checkpoint: Number(checkpoint),
        onCheckpoint: (record) => seen.push(record),
      });
      t.deepEqual(weightDifferences(net, run.end, tolerance), []);
      const expected = run.checkpoints[checkpoint]!;
      t.deepEqual(recordDifferences(history.records, expected, tolerance), []);
      t.deepEqual(seen, [...history.records]);
      t.deepEqual(differences([history.test!.loss], [run.test.loss], tolerance, 'test loss'), []);
      t.deepEqual(differences([history.test!.accuracy], [run.test.accuracy], tolerance, 'test accuracy'), []);
      t.is(history.stopReason, 'maxEpoch');
      t.is(history.iterations, expected.at(-1)!.iteration);
    });
  }

  test(`${name}: two trainings in a row are one of twice the length`, async (t) => {
    const { run, net, reader } = await prepare(name, 0.5);
    const first = await net.train(reader, { shuffle: false });
    const second = await net.train(reader, { shuffle: false });
    t.deepEqual(weightDifferences(net, run.end, tolerance), []);
    t.deepEqual(recordDifferences([...first.records, ...second.records], run.checkpoints['1']!, tolerance), []);
  });
}
