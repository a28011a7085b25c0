import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

interface Options {
  readonly all: boolean;
  readonly nativeOnly: boolean;
  readonly tsOnly: boolean;
  readonly sanitize: boolean;
}
const { readTestOptions, partsFor } = (await import(pathToFileURL(resolve('scripts/lib/tiers.mjs')).href)) as {
  readTestOptions(words: readonly string[]): Options;
  partsFor(options: Options): string[];
};

const { cutIntoGroups, isAlone } = (await import(pathToFileURL(resolve('scripts/lib/test-groups.mjs')).href)) as {
  cutIntoGroups(paths: readonly string[]): string[][];
  isAlone(text: string): boolean;
};

test('npm test runs native and TypeScript tests; --all adds the sanitizers', (t) => {
  const sanitizers = ['address,undefined', 'thread'];
  const cases: [string[], string[]][] = [
    [[], ['native', 'typescript']],
    [['--all'], ['native', ...sanitizers, 'typescript']],
    [['--sanitize'], ['native', ...sanitizers, 'typescript']],
    [['--native-only'], ['native']],
    [
      ['--native-only', '--all'],
      ['native', ...sanitizers],
    ],
    [['--ts-only'], ['typescript']],
    [['--all', '--ts-only'], ['typescript']],
  ];
  for (const [words, parts] of cases) t.deepEqual(partsFor(readTestOptions(words)), parts, words.join(' '));
});

test('options that npm test does not know, or that contradict each other', (t) => {
  const ask = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/test.mjs', ...words], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  t.deepEqual(ask('--floors-only'), {
    status: 1,
    stdout: '',
    stderr: 'blasnet: Expected --all, --native-only, --ts-only, --sanitize but received --floors-only\n',
  });
  t.is(ask('--ts-only', '--native-only').stderr, 'blasnet: Expected --native-only or --ts-only but received both\n');
});

/** The files that ava takes for tests, with arguments for its command line. */
function filesFor(env: NodeJS.ProcessEnv, ...args: string[]): string[] {
  const program = `import config from './ava.config.js'; console.log(JSON.stringify(config.files));`;
  const { BLASNET_TESTS: _, ...others } = process.env;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', program, '--', ...args], {
    encoding: 'utf8',
    env: { ...others, ...env },
  });
  return JSON.parse(child.stdout);
}

test('heavy tests are left out, unless all are asked for or one is named', async (t) => {
  const everything = 'build/dev/test/**/*.test.js';
  t.deepEqual(filesFor({}), [everything, '!build/dev/test/**/*.heavy.test.js']);
  t.deepEqual(filesFor({}, 'build/dev/test/arena.test.js').length, 2);
  t.deepEqual(filesFor({ BLASNET_TESTS: 'all' }), [everything]);
  t.deepEqual(filesFor({}, 'build/dev/test/processes/memory.heavy.test.js'), [everything]);
  const files = (await readdir('test', { recursive: true })).filter((file) => file.endsWith('.heavy.test.ts'));
  t.true(files.includes('processes/memory.heavy.test.ts') && files.includes('examples/figures.heavy.test.ts'));
});

test('quick files that share a worker: each is in one group, with those of its folder', (t) => {
  const files = (folder: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${folder}/${10 + i}.test.js`);
  const paths = [...files('data', 40), ...files('cli', 9), 'arena.test.js', ...files('npz', 3), ...files('ops', 2)];
  const groups = cutIntoGroups(paths);
  t.deepEqual(groups.flat().sort(), paths.sort());
  const sizes = groups.map((group) => group.length);
  t.deepEqual(sizes, [10, 16, 16, 8, 5]);
  t.deepEqual(groups[0], ['arena.test.js', ...files('cli', 9)]);
  t.deepEqual(groups[3], files('data', 40).slice(32));
  t.deepEqual(groups[4], [...files('npz', 3), ...files('ops', 2)]);
  t.deepEqual(cutIntoGroups([]), []);
});

test('files with hooks, or that say so, share no worker', (t) => {
  for (const text of [
    'test.before(() => 1);',
    'test.serial.after.always(() => 1);',
    '// In a worker of its own: …\n',
  ]) {
    t.true(isAlone(`import test from 'ava';\n${text}`), text);
  }
  t.false(isAlone("test('before', (t) => t.pass());"));
});
