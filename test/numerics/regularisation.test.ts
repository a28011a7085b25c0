// l1, l2 and gradient clipping against PyTorch; see test/fixtures/reference.
import test from 'ava';
import { differences } from '../support/numerics.js';
import {
  makeNet,
  makeReader,
  readRuns,
  recordDifferences,
  runTolerance,
  steppedDifferences,
  weightDifferences,
} from '../support/reference-runs.js';

for (const [name, run] of await readRuns('regularisation')) {
  test(`${name}: weights, and records whose losses hold the penalty`, async (t) => {
    const net = makeNet(run.problem, run.params);
    const reader = makeReader(run.problem);
    const { records } = await net.train(reader, { shuffle: false, checkpoint: run.checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences(records, run.records), []);
    const { loss } = net.test(reader.xDev, reader.yDev);
    t.deepEqual(differences([loss], [run.records.at(-1)!.lossValidation!], runTolerance, 'test'), []);
  });

  test(`${name}: the net's calls, and trainOnBatch, make the same steps`, (t) => {
    t.deepEqual(
      steppedDifferences(run, () => makeNet(run.problem, run.params)),
      [],
    );
  });
}
