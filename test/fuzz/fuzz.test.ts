import test from 'ava';
import { formats } from './formats/index.js';
import { fuzzFormat } from './fuzz-format.js';

/** As many as take about a second each. */
const inputs = (name: string) => (['npz', 'csv'].includes(name) ? 120 : 250);

const found: Readonly<Record<string, RegExp>> = {
  typeError: /^TypeError: Cannot read/,
  code: /^ERR_BAD_ARGUMENT: Expected/,
  nameless: /^no file in: Expected/,
  formless: /^a message of another form/,
  endless: /^a message of 5\d{3} characters/,
  abort: /^reading it, the process ended by SIGABRT/,
  unkept: /^reading it, the process ended by code 13/,
  untouched: /^\d{9} bytes of memory for a file of/,
  memory: /^\d{9} bytes of memory for a file of/,
  slow: /^[01]\.\d s of processor time/,
};

for (const [name, problem] of Object.entries(found)) {
  test.serial(`what a reader may not do is found: ${name}`, async (t) => {
    const task = { seed: 1, inputs: 1, seconds: 600, first: 0, module: './formats/broken.js' };
    const { findings } = await fuzzFormat(name, task);
    t.is(findings.length, 1);
    t.regex(findings[0]!.problem, problem);
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
