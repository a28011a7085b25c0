// Training with dropout against PyTorch with masks from a Philox in NumPy; see test/fixtures/reference/dropout.py.
import test from 'ava';
import { DropoutLayer } from 'blasnet';
import {
  makeNet,
  makeReader,
  type Run,
  readRuns,
  recordDifferences,
  steppedDifferences,
  weightDifferences,
} from '../support/reference-runs.js';

interface Rates {
  /** The rate behind each hidden layer. */
  readonly dropout: readonly number[];
}

const netOf = ({ problem, params, dropout }: Run & Rates, maxEpoch = params.maxEpoch) =>
  makeNet(problem, { ...params, maxEpoch }, { behind: (i) => new DropoutLayer(dropout[i]!) });

for (const [name, run] of await readRuns<Rates>('dropout')) {
  const { checkpoint } = run;

  test(`${name}: weights and records`, async (t) => {
    const net = netOf(run);
    const { records } = await net.train(makeReader(run.problem), { shuffle: false, checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences(records, run.records), []);
  });

  test(`${name}: a second run draws other masks than the first, those of one long run`, async (t) => {
    const net = netOf(run, run.params.maxEpoch / 2);
    const reader = makeReader(run.problem);
    const first = await net.train(reader, { shuffle: false, checkpoint });
    const second = await net.train(reader, { shuffle: false, checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences([...first.records, ...second.records], run.records), []);
  });

  test(`${name}: the net's calls, and trainOnBatch, draw the same masks`, (t) => {
    t.deepEqual(
      steppedDifferences(run, () => netOf(run)),
      [],
    );
  });
}
