import { resolve } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/files.js';
import { runScript } from '../support/processes.js';

for (const [what, repetitions, most] of [
  // In MB, far below what any one thing that is kept each time adds up to: 10 bytes a prediction, 200 KB a training (its
  // parameters and gradients alone are 1 MB), 20 KB a net (0.5 MB).
  ['predictions', 'a million predictions', 10],
  ['trainings', 'a hundred trainings', 20],
  ['nets', 'a thousand nets made, trained and dropped', 20],
] as const) {
  test.serial(`memory stays flat over ${repetitions}`, async (t) => {
    const { output, errors } = await runScript('memory.mjs', [what], { flags: ['--expose-gc'] });
    t.is(errors, '');
    const { grown, sizes } = JSON.parse(output) as { grown: number; sizes: number[] };
    t.log(`grew by ${grown.toFixed(1)} MB: ${sizes.join(', ')}`);
    t.true(grown < most, `grew by ${grown} MB: ${sizes.join(', ')}`);
  });
}

test.serial('nets that are dropped are freed without anybody asking for it', async (t) => {
  const flags = ['--import', resolve('test/processes/peak-memory.mjs')];
  const { code, errors } = await runScript('memory.mjs', ['nets'], { flags });
  t.is(code, 0);
  t.true(peakOf(errors) < 250, errors); // a thousand of them take 1000 MB
});

test.serial('training on MNIST takes less than 400 MB', async (t) => {
  const flags = ['--import', resolve('test/processes/peak-memory.mjs')];
  const script = resolve('build/dev/examples/mnist.js');
  const options = { flags, cwd: await temporaryFolder(t) };
  const { code, output, errors } = await runScript(script, [], options);
  t.is(code, 0);
  t.regex(output, /^test accuracy 0\.9/m);
  t.log(`peak ${peakOf(errors)} MB`);
  t.true(peakOf(errors) < 400);
});

/** Megabytes, by peak-memory.mjs. */
const peakOf = (errors: string) => Number(errors.match(/^peak memory (\d+) MB$/m)?.[1]);
