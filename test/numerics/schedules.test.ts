// Learning rates that change, against PyTorch's schedulers; see test/fixtures/reference/rates.py.
import test from 'ava';
import {
  eachBatch,
  makeNet,
  makeReader,
  readRuns,
  recordDifferences,
  weightDifferences,
} from '../support/reference-runs.js';

for (const [name, run] of await readRuns('schedules')) {
  const { checkpoint } = run;

  test(`${name}: rates, losses and weights`, async (t) => {
    const net = makeNet(run.problem, run.params);
    const { records } = await net.train(makeReader(run.problem), { shuffle: false, checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences(records, run.records), []);
  });

  test(`${name}: a second run goes on where the first ended`, async (t) => {
    const net = makeNet(run.problem, { ...run.params, maxEpoch: run.params.maxEpoch / 2 });
    const reader = makeReader(run.problem);
    const first = await net.train(reader, { shuffle: false, checkpoint });
    const second = await net.train(reader, { shuffle: false, checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences([...first.records, ...second.records], run.records), []);
  });

  if (run.params.learningRateSchedule?.unit !== 'iteration') continue;
  test(`${name}: trainOnBatch makes the same steps`, (t) => {
    const net = makeNet(run.problem, run.params);
    eachBatch(run, (x, y) => net.trainOnBatch(x, y));
    t.deepEqual(weightDifferences(net, run.end), []);
  });
}
