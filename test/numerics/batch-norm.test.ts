// Training with batch norm against PyTorch's autograd of the formula; see test/fixtures/reference/nets.py.
import test from 'ava';
import { BatchNormLayer } from 'blasnet';
import { differences, type Numbers } from '../support/numerics.js';
import {
  makeNet,
  makeReader,
  type Run,
  readRuns,
  recordDifferences,
  runTolerance,
  steppedDifferences,
  weightDifferences,
} from '../support/reference-runs.js';

interface Predictions {
  /** Predictions for the validation rows in the end. */
  readonly outputs: Numbers;
}

const netOf = ({ problem, params }: Run) =>
  makeNet(problem, params, { before: (i) => new BatchNormLayer(problem.sizes[i + 1]!) });

for (const [name, run] of await readRuns<Predictions>('batch_norm_runs')) {
  test(`${name}: weights, running statistics, records, predictions`, async (t) => {
    const net = netOf(run);
    const reader = makeReader(run.problem);
    const { records } = await net.train(reader, { shuffle: false, checkpoint: run.checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences(records, run.records), []);
    const { data } = run.outputs;
    t.deepEqual(differences(net.inference(reader.xDev).data, data, runTolerance, 'inference'), []);
    t.deepEqual(differences(net.forward(reader.xDev, false).data, data, runTolerance, 'forward'), []);
  });

  test(`${name}: the net's calls, and trainOnBatch, make the same steps`, (t) => {
    t.deepEqual(
      steppedDifferences(run, () => netOf(run)),
      [],
    );
  });
}
