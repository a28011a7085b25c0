import test from 'ava';
import { sample } from '../support/tier.js';
import { formats } from './formats/index.js';
import { fuzzFormat } from './fuzz-format.js';

/** As many as take about a second, or a part of them. */
const inputs = (name: string) => sample(['npz', 'csv'].includes(name) ? 80 : 200, 4);

const found: Readonly<Record<string, readonly RegExp[]>> = {
  wrongs: [
    /^TypeError: Cannot read/,
    /^ERR_BAD_ARGUMENT: Expected/,
    /^no file in: Expected/,
    /^a message of another form/,
    /^a message of 5\d{3} characters/,
    /^\d{9} bytes of memory for a file of/,
    /^\d{9} bytes of memory for a file of/,
    /^\d\.\d s of processor time/,
  ],
  abort: [/^reading it, the process ended by SIGABRT/],
  unkept: [/^reading it, the process ended by code 13/],
};

for (const [name, problems] of Object.entries(found)) {
  test.serial(`what a reader may not do is found: ${name}`, async (t) => {
    const inputs = name === 'wrongs' ? 30 : 1;
    const task = { seed: 1, inputs, seconds: 600, module: './formats/broken.js' };
    const { findings } = await fuzzFormat(name, task);
    t.is(findings.length, problems.length);
    for (const [i, problem] of problems.entries()) t.regex(findings[i]!.problem, problem);
    t.not(findings[0]!.bytes, '');
  });
}

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
