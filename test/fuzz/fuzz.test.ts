import test from 'ava';
import { sample } from '../support/tier.js';
import { formats } from './formats/index.js';
import { fuzzFormat } from './fuzz-format.js';

/** As many as take about a second, or a part of them. */
const inputs = (name: string) => sample(['npz', 'csv'].includes(name) ? 80 : 200, 4);

for (const name of Object.keys(formats)) {
  test.serial(`damaged and hostile files are read or refused: ${name}`, async (t) => {
    const task = { seed: 1, inputs: inputs(name), seconds: 600 };
    const result = await fuzzFormat(name, task);
    t.deepEqual(
      result.findings.map(({ index, problem }) => `input ${index}: ${problem}`),
      [],
    );
    t.is(result.inputs, task.inputs);
    // Inputs of one sort only would test little.
    t.true(result.resolved > task.inputs / 100 && result.refused > task.inputs / 4, JSON.stringify(result));
  });
}
