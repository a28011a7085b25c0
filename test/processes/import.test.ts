import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder, write } from '../support/files.js';
import { runScript } from '../support/processes.js';

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
  for (const value of ['0', '-1', '1.5', '257', 'two', 'NaN']) {
    t.deepEqual(await threadsWith(value), {
      code: 'ERR_BAD_ARGUMENT',
      message: `Expected a whole number from 1 to 256 for BLASNET_THREADS but received '${value}'`,
    });
  }
});

test("import 'blasnet' loads nothing of the charts, the progress bar, CSV or ONNX", async (t) => {
  const { output } = await runScript('import.mjs');
  const { loaded } = JSON.parse(output) as { loaded: string[] };
  t.true(loaded.some((url) => url.includes('/fflate/')));
  t.deepEqual(
    loaded.filter((url) =>
      /node_modules\/(vega|@resvg|cli-progress|csv-parse|dejavu|protobufjs)|dist\/(charts\/render|onnx)/.test(url),
    ),
    [],
  );
});

test("import 'blasnet' takes less than 150 ms", async (t) => {
  let fastest = Number.POSITIVE_INFINITY;
  // Of the processor, because the machine may have other work; and the best of a few.
  for (let i = 0; i < 5 && fastest >= 150; i++) {
    const { output } = await runScript('import.mjs', ['timed']);
    fastest = Math.min(fastest, (JSON.parse(output) as { milliseconds: number }).milliseconds);
  }
  t.true(fastest < 150, `${fastest} ms`);
});

test('without a compiled addon, the error says what mends it', async (t) => {
  const root = await temporaryFolder(t);
  await cp('dist', join(root, 'dist'), { recursive: true });
  await cp('package.json', join(root, 'package.json'));
  await mkdir(join(root, 'node_modules'));
  for (const name of ['node-gyp-build', 'fflate']) {
    await cp(join('node_modules', name), join(root, 'node_modules', name), { recursive: true });
  }
  const script = await write(
    root,
    'load.mjs',
    "await import('blasnet').catch(({ name, code, message }) => console.log(JSON.stringify({ name, code, message })));",
  );
  const { output, errors } = await runScript(script);
  t.is(errors, '');
  const { name, code, message } = JSON.parse(output) as Record<string, string>;
  t.is(name, 'BlasnetError');
  t.is(code, 'ERR_NATIVE_LOAD');
  t.regex(
    message!,
    /^Expected the compiled addon for Node.js v\d+.* on \w+-\w+ but received: No native build was found/,
  );
  t.regex(message!, /'npm rebuild blasnet', or 'npm run setup' in a clone of the project/);
});
