// l1, l2 and gradient clipping against PyTorch; see test/fixtures/reference.
import test from 'ava';
import { differences } from '../support/numerics.js';
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
    const [byCalls, onBatches] = [makeNet(run.problem, run.params), makeNet(run.problem, run.params)];
    eachBatch(run, (x, y) => {
      stepByCalls(byCalls, x, y);
      onBatches.trainOnBatch(x, y);
    });
    for (const net of [byCalls, onBatches]) t.deepEqual(weightDifferences(net, run.end), []);
  });
}
