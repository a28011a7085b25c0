// Rows that count by their class, against PyTorch: loss and gradient are Σ w·loss / m, as Keras has it.
import test from 'ava';
import { makeNet, makeReader, readRuns, recordDifferences, weightDifferences } from '../support/reference-runs.js';

interface Weights {
  readonly classWeights: 'balanced' | readonly number[];
}

for (const [name, run] of await readRuns<Weights>('class_weights')) {
  test(`${name}: weights, weighted training losses, plain validation losses`, async (t) => {
    const net = makeNet(run.problem, run.params);
    const reader = makeReader(run.problem);
    reader.setClassWeights(run.classWeights);
    const { records } = await net.train(reader, { shuffle: false, checkpoint: run.checkpoint });
    t.deepEqual(weightDifferences(net, run.end), []);
    t.deepEqual(recordDifferences(records, run.records), []);
  });
}
