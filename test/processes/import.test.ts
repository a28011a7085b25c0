import { basename } from 'node:path';
import test from 'ava';
import { runScript } from '../support/processes.js';
import { sample } from '../support/tier.js';

const threadsWith = async (value?: string): Promise<Record<string, unknown>> => {
  const { output } = await runScript('threads.mjs', [], value === undefined ? {} : { env: { BLASNET_THREADS: value } });
  return JSON.parse(output);
};

test('BLASNET_THREADS › sets the number of threads; without it, the physical cores', async (t) => {
  t.is((await threadsWith('3')).threads, 3);
  for (const value of [undefined, '']) {
    const { threads, cores } = await threadsWith(value);
    t.is(threads, cores);
  }
});

test('BLASNET_THREADS › what it cannot be', async (t) => {
  const values = ['0', 'two', '-1', '1.5', '257', 'NaN'];
  for (const value of values.slice(0, sample(values.length, 3))) {
    t.deepEqual(await threadsWith(value), {
      code: 'ERR_BAD_ARGUMENT',
      message: `Expected a whole number from 1 to 256 for BLASNET_THREADS but received '${value}'`,
    });
  }
});

test("import 'blasnet' loads detect-libc and the addon, and nothing else that is not its own", async (t) => {
  const { output, errors } = await runScript('import.mjs');
  t.is(errors, '');
  const { loaded, required } = JSON.parse(output) as Record<'loaded' | 'required', string[]>;
  const packagesOf = (paths: string[]) =>
    new Set(paths.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]));
  const own = loaded.filter((url) => url.startsWith('file:') && !url.includes('/node_modules/'));
  const others = loaded.filter((url) => url.includes('/node_modules/'));
  t.deepEqual([...packagesOf(others)], []);
  t.deepEqual(
    loaded.filter((url) => !own.includes(url) && !others.includes(url) && !url.startsWith('node:')),
    [],
  );
  t.deepEqual(
    required.map((path) => basename(path)),
    ['detect-libc.js', 'process.js', 'filesystem.js', 'elf.js', 'blasnet.node'],
  );
  // Of its own, neither what the other entry points are for nor what is loaded where it is first called.
  t.true(own.length > 50 && own.every((url) => url.includes('/dist/')));
  const folders = new Set(own.map((url) => url.slice(url.indexOf('/dist/') + 6).split('/')[0]!));
  for (const folder of ['cli', 'serve', 'onnx', 'charts', 'progress.js']) t.false(folders.has(folder), folder);
});
