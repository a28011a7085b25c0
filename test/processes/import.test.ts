import { cp, mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
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

test("import 'blasnet' loads fflate and the addon, and nothing else that is not its own", async (t) => {
  const { output, errors } = await runScript('import.mjs');
  t.is(errors, '');
  const { loaded, required } = JSON.parse(output) as Record<'loaded' | 'required', string[]>;
  const packagesOf = (paths: string[]) =>
    new Set(paths.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]));
  const own = loaded.filter((url) => url.startsWith('file:') && !url.includes('/node_modules/'));
  const others = loaded.filter((url) => url.includes('/node_modules/'));
  t.deepEqual([...packagesOf(others)], ['fflate']);
  t.deepEqual(
    loaded.filter((url) => !own.includes(url) && !others.includes(url) && !url.startsWith('node:')),
    [],
  );
  t.deepEqual(
    required.map((path) => basename(path)),
    ['index.js', 'node-gyp-build.js', 'package.json', 'blasnet.node'],
  );
  // Of its own, neither what the other entry points are for nor what is loaded where it is first called.
  t.true(own.length > 50 && own.every((url) => url.includes('/dist/')));
  const folders = new Set(own.map((url) => url.slice(url.indexOf('/dist/') + 6).split('/')[0]!));
  for (const folder of ['cli', 'serve', 'onnx', 'charts', 'progress.js']) t.false(folders.has(folder), folder);
});

test('BLASNET_ADDON › names the addon to load', async (t) => {
  const addon = await write(await temporaryFolder(t), 'other.node', 'no library');
  const script = await write(
    await temporaryFolder(t),
    'load.mjs',
    `await import('${pathToFileURL(resolve('dist/index.js'))}').catch(({ code, message }) => console.log(code, message));`,
  );
  const loaded = await runScript('import.mjs', [], { env: { BLASNET_ADDON: 'build/Release/blasnet.node' } });
  t.deepEqual((JSON.parse(loaded.output) as { required: string[] }).required, [resolve('build/Release/blasnet.node')]);
  for (const [file, why] of [
    [addon, 'file too short|invalid ELF header|slice is not valid|not a mach-o'],
    ['/no/such.node', "Cannot find module '/no/such.node'"],
  ]) {
    const { output } = await runScript(script, [], { env: { BLASNET_ADDON: file! } });
    const start = 'ERR_NATIVE_LOAD Expected the path of a compiled addon, such as .*, for BLASNET_ADDON but received';
    t.regex(output, new RegExp(`^${start} '${file}': .*(${why})`));
  }
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
