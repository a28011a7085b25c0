import test from 'ava';
import { fuzzFormat } from './fuzz-format.js';

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
