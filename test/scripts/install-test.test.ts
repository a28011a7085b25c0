import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import 'blasnet';
import { temporaryFolder, write } from '../support/files.js';

const load = async <T>(name: string): Promise<T> =>
  (await import(pathToFileURL(resolve('scripts/release/install', name)).href)) as T;

const report = await load<{
  table(columns: readonly string[], rows: readonly (readonly unknown[])[]): string;
  trialTable(rows: readonly object[]): string;
  page(result: object): string;
  failuresOf(result: object): string[];
}>('report.mjs');
const { bytesOnDisk, packagesIn } = await load<{
  bytesOnDisk(path: string): number;
  packagesIn(path: string): string[];
}>('files.mjs');
const { startScopeRegistry } = await load<{
  startScopeRegistry(packages: readonly object[]): Promise<{ url: string; stop(): Promise<void> }>;
}>('registry.mjs');
const { needingNewGlibc } = await load<{ needingNewGlibc(addon: Buffer): { bytes: Buffer; version: string } }>(
  'glibc-patch.mjs',
);

const require = createRequire(import.meta.url);

test('tables in Markdown', (t) => {
  t.is(
    report.table(
      ['a', 'b'],
      [
        [1, 'x|y'],
        [undefined, 'two\nlines'],
      ],
    ),
    '| a | b |\n| --- | --- |\n| 1 | x\\|y |\n|  | two lines |',
  );
});

const good = {
  manager: 'npm',
  room: 'a folder',
  cold: 4.04,
  warm: 1.26,
  bytes: 12_345_678,
  packages: 7,
  difference: 1.74e-8,
  passed: ['train'],
};
const bad = { manager: 'bun', room: 'a folder', passed: ['install'], failure: 'serve: exit code 1\n  and why' };

test('a row for each package manager: seconds, size, and what passed or failed', (t) => {
  t.deepEqual(report.trialTable([good, bad]).split('\n').slice(2), [
    '| npm | a folder | 4.0 | 1.3 | 12.3 | 7 | 1.7e-8 | train |',
    '| bun | a folder |  |  |  |  |  | install; FAILED: serve: exit code 1 |',
  ]);
});

test('the report names sizes of packages, stand-ins, errors and failures', (t) => {
  const result = {
    version: '1.2.0',
    node: 'v20.19.0',
    notes: ['A note.'],
    packages: [
      { name: '@blasnet/win32-x64', packed: 3_400_000, unpacked: 10_700_000 },
      { name: '@blasnet/darwin-x64', packed: 300, unpacked: 400, standIn: true },
    ],
    trials: [good, bad],
    failures: [
      { title: 'an old glibc', message: 'too old' },
      { title: 'a truncated addon', failure: 'no message' },
    ],
    bundles: [{ title: 'vite', result: 'works' }],
  };
  const page = report.page(result);
  for (const line of [
    '# Install test of blasnet 1.2.0',
    '| @blasnet/win32-x64 | 3.4 | 10.7 |',
    '| @blasnet/darwin-x64 | stand-in |  |',
    '| an old glibc | too old |  |',
    '| a truncated addon | FAILED: no message |  |',
    '| vite | works |',
  ]) {
    t.true(page.split('\n').includes(line), line);
  }
  t.deepEqual(report.failuresOf(result), [
    'bun in a folder: serve: exit code 1\n  and why',
    'a truncated addon: no message',
  ]);
});

test('sizes count each file once, and follow no links', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'file', 'x'.repeat(100_000));
  const size = bytesOnDisk(folder);
  t.true(size >= 100_000);
  await symlink(resolve('node_modules'), join(folder, 'link'));
  t.true(bytesOnDisk(folder) < size + 10_000);
  t.is(bytesOnDisk(join(folder, 'none')), 0);
});

test('packages that lie in node_modules, in those of others and in those of pnpm', async (t) => {
  const folder = await temporaryFolder(t);
  for (const path of ['a', '@b/c', 'a/node_modules/d', '.pnpm/e@1.0.0/node_modules/e']) {
    await mkdir(join(folder, path), { recursive: true });
    await write(join(folder, path), 'package.json', '{}');
  }
  const found = packagesIn(folder).map((path) => path.slice(folder.length + 1));
  t.deepEqual(found.sort(), ['.pnpm/e@1.0.0/node_modules/e', '@b/c', 'a', 'a/node_modules/d']);
});

test('the registry of one scope knows its packages and no others', async (t) => {
  const folder = await temporaryFolder(t);
  const tarball = await write(folder, 'blasnet-win32-x64-1.2.0.tgz', 'packed');
  const manifest = { name: '@blasnet/win32-x64', version: '1.2.0', os: ['win32'] };
  const registry = await startScopeRegistry([{ manifest, tarball }]);
  t.teardown(registry.stop);
  const answer = (await (await fetch(`${registry.url}@blasnet%2fwin32-x64`)).json()) as {
    'dist-tags': { latest: string };
    versions: Record<string, { dist: { tarball: string } }>;
  };
  t.is(answer['dist-tags'].latest, '1.2.0');
  t.like(answer.versions['1.2.0']!, manifest);
  t.is(await (await fetch(answer.versions['1.2.0']!.dist.tarball)).text(), 'packed');
  t.is((await fetch(`${registry.url}blasnet`)).status, 404);
});

const isGlibc = process.platform === 'linux' && platformHasGlibc();

test('an addon that needs a newer glibc than any', async (t) => {
  if (!isGlibc) return t.pass();
  const addon = Object.keys(require.cache).find((path) => path.endsWith('.node'))!;
  const { bytes, version } = needingNewGlibc(await readFile(addon));
  t.regex(version, /^GLIBC_9\./);
  const file = await write(await temporaryFolder(t), 'blasnet.node', bytes);
  t.throws(() => require(file), { message: new RegExp(`version \`${version}' not found`) });
});

function platformHasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}
