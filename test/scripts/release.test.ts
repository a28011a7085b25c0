import { execFileSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder, write } from '../support/files.js';
import { runScript } from '../support/processes.js';

interface Package {
  readonly name: string;
  readonly version: string;
  readonly manifest: {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
    readonly blasnet?: { readonly sources: string };
  };
}
interface GitState {
  readonly status: string;
  readonly tags: readonly string[];
}
interface Options {
  readonly dryRun: boolean;
  readonly local: boolean;
  readonly targets: readonly string[];
  readonly install: string | undefined;
}
const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(resolve('scripts', path)).href)) as T;

const { inOrder, missingFrom, releaseNames } = await load<{
  inOrder<P extends { name: string }>(packages: readonly P[]): P[];
  missingFrom(packages: readonly { name: string }[]): string[];
  releaseNames(): string[];
}>('release/order.mjs');
const checks = await load<{
  versionProblems(version: string, packages: readonly Package[]): string[];
  platformProblems(packages: readonly Package[]): string[];
  sourceProblems(hash: string, packages: readonly Package[]): string[];
  changelogProblems(version: string, changelog: string): string[];
  gitProblems(version: string, state: GitState): string[];
  gitState(folder: string): GitState;
}>('release/checks.mjs');
const { released } = await load<{ released(changelog: string, version: string, day: string): string }>(
  'release/version.mjs',
);
const { readOptions } = await load<{ readOptions(words: readonly string[]): Options }>('release.mjs');
const { targets, platformTarget } = await load<{ targets: readonly string[]; platformTarget(): string }>(
  'lib/targets.mjs',
);

const packageOf = (name: string, version = '1.2.0', manifest: Package['manifest'] = {}): Package => ({
  name,
  version,
  manifest,
});
const allPackages = () => releaseNames().map((name) => packageOf(name));

test('platform packages are published first, then blasnet-source, then blasnet', (t) => {
  const shuffled = ['blasnet', '@blasnet/win32-x64', 'blasnet-source', '@blasnet/linux-x64-gnu'];
  t.deepEqual(
    inOrder(shuffled.map((name) => ({ name }))).map(({ name }) => name),
    ['@blasnet/linux-x64-gnu', '@blasnet/win32-x64', 'blasnet-source', 'blasnet'],
  );
  t.is(releaseNames().length, 9);
  t.throws(() => inOrder([{ name: 'blasnet-extra' }]), { message: /received blasnet-extra$/ });
});

test('a release has every platform', (t) => {
  t.deepEqual(missingFrom(allPackages()), []);
  const some = allPackages().filter(({ name }) => name !== '@blasnet/linux-arm64-musl' && name !== 'blasnet-source');
  t.deepEqual(checks.platformProblems(some), ['@blasnet/linux-arm64-musl is missing', 'blasnet-source is missing']);
});

test('versions are in lockstep', (t) => {
  t.deepEqual(checks.versionProblems('1.2.0', allPackages()), []);
  const optionalDependencies = { '@blasnet/linux-x64-gnu': '^1.2.0', other: '3.0.0' };
  const packages = [
    packageOf('@blasnet/linux-x64-gnu', '1.1.0'),
    packageOf('blasnet', '1.2.0', { optionalDependencies }),
  ];
  t.deepEqual(checks.versionProblems('1.2.0', packages), [
    '@blasnet/linux-x64-gnu has version 1.1.0 instead of 1.2.0',
    'blasnet names @blasnet/linux-x64-gnu ^1.2.0 instead of 1.2.0',
  ]);
});

test('platform packages must be built from the sources of the release', (t) => {
  const built = (sources: string) => packageOf('@blasnet/win32-x64', '1.2.0', { blasnet: { sources } });
  t.deepEqual(checks.sourceProblems('abc', [built('abc'), packageOf('blasnet')]), []);
  const message = /^@blasnet\/win32-x64 is built from other native sources .*npm run prebuild -- win32-x64$/;
  for (const other of [built('def'), packageOf('@blasnet/win32-x64')]) {
    const problems = checks.sourceProblems('abc', [other]);
    t.is(problems.length, 1);
    t.regex(problems[0]!, message);
  }
});

test('the changelog tells of the version, and of nothing that is not released', (t) => {
  const changelog = '# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2027-01-31\n\n- Something.\n';
  t.deepEqual(checks.changelogProblems('1.2.0', changelog), []);
  t.regex(checks.changelogProblems('1.3.0', changelog).join(), /no heading \[1\.3\.0\]/);
  const more = changelog.replace('[Unreleased]\n', '[Unreleased]\n\n- More.\n');
  t.regex(checks.changelogProblems('1.2.0', more).join(), /^CHANGELOG\.md has entries under \[Unreleased\]/);
});

test('npm version moves the entries of the changelog below the new version', (t) => {
  const before = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n## [0.1.0]\n\n- First.\n';
  const after = released(before, '0.2.0', '2027-01-31');
  t.is(
    after,
    '# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2027-01-31\n\n### Added\n\n- Something.\n\n## [0.1.0]\n\n- First.\n',
  );
  t.deepEqual(checks.changelogProblems('0.2.0', after), []);
  t.throws(() => released(after, '0.3.0', '2027-02-01'), { message: /^Expected entries under \[Unreleased\]/ });
  t.throws(() => released(before, '0.1.0', '2027-02-01'), { message: /does not have but received 0\.1\.0$/ });
  t.throws(() => released('# Changelog\n', '0.2.0', '2027-02-01'), { message: /^Expected the heading/ });
});

test('the changelog of this repository can be released', async (t) => {
  const changelog = await readFile('CHANGELOG.md', 'utf8');
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const next = /^## \[Unreleased\]\n+## /m.test(changelog) ? version : '999.0.0';
  const after = next === version ? changelog : released(changelog, next, '2027-01-31');
  t.deepEqual(checks.changelogProblems(next, after), []);
});

test('a work tree with changes, and a tag that does not fit', async (t) => {
  const folder = await temporaryFolder(t);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], { cwd: folder });
  // A workflow that a tag started sets these.
  delete process.env.GITHUB_REF_TYPE;
  git('init', '--quiet');
  await write(folder, 'file', 'content');
  git('add', 'file');
  git('commit', '--quiet', '--message', 'first');
  const problems = () => checks.gitProblems('1.2.0', checks.gitState(folder));
  t.deepEqual(problems(), ['expected the tag v1.2.0 at this commit but found none']);
  git('tag', 'v1.1.0');
  t.deepEqual(problems(), ['expected the tag v1.2.0 at this commit but found only v1.1.0']);
  git('tag', 'v1.2.0');
  t.deepEqual(problems(), []);
  await write(folder, 'file', 'changed');
  await write(folder, 'new', '');
  t.deepEqual(problems(), ['the work tree has changes: file, new']);
  git('checkout', '--quiet', '.');
  git('clean', '--quiet', '--force');
  git('tag', '--delete', 'v1.2.0');
  Object.assign(process.env, { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.0' });
  t.deepEqual(problems(), []);
  t.throws(() => checks.gitState(join(folder, 'none')), { message: /^git tag failed/ });
});

test('options of npm run release', (t) => {
  t.deepEqual(readOptions([]), {
    dryRun: false,
    check: false,
    local: false,
    packed: false,
    targets,
    install: 'full',
  });
  t.deepEqual(readOptions(['--dry-run', '--local', '--quick']), {
    dryRun: true,
    check: false,
    local: true,
    packed: false,
    targets: [platformTarget()],
    install: 'quick',
  });
  const some = readOptions(['--dry-run', '--target', 'win32-x64,darwin-x64', '--no-install-test']);
  t.deepEqual([some.targets, some.install], [['win32-x64', 'darwin-x64'], undefined]);
  // What is packed already was tested where it was packed.
  t.is(readOptions(['--packed']).install, undefined);
  t.throws(() => readOptions(['--dry-run', '--target', 'amiga']), { message: /for --target but received amiga$/ });
  t.throws(() => readOptions(['--target', 'win32-x64']), { message: /^Expected --dry-run with --target or --local/ });
  t.throws(() => readOptions(['--local']), { message: /^Expected --dry-run/ });
  t.throws(() => readOptions(['--publish']), { message: /--publish/ });
});

test('npm run release -- --check ends with an error where this commit may not be published', async (t) => {
  // Entries of the next version, or a version without its tag: one of both is the case while the project is worked on.
  const { code, errors } = await runScript('./scripts/release.mjs', ['--check'], { env: { GITHUB_REF_TYPE: '' } });
  const mayBe = /^blasnet: \S+ may be published from this commit\n$/.test(errors);
  const mayNot = /^blasnet: \S+ is not ready to be published:\n {2}/.test(errors);
  t.deepEqual([code, mayBe, mayNot], code === 0 ? [0, true, false] : [1, false, true], errors);
});

/** Publishes by an npm that only notes what it is asked for. */
async function publish(t: ExecutionContext, packages: readonly Package[], { published = '', fails = '' } = {}) {
  const folder = await temporaryFolder(t);
  const log = join(folder, 'log');
  await writeFile(log, '');
  const npm = await write(
    folder,
    'npm',
    `#!${process.execPath}
const [command, what] = process.argv.slice(2);
require('node:fs').appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(' ') + '\\n');
const { PUBLISHED, FAILS } = process.env;
if (command === 'view') {
  if (PUBLISHED.split(' ').includes(what)) console.log(what.slice(what.lastIndexOf('@') + 1));
  else {
    console.error(FAILS === 'view' ? 'npm error code ECONNREFUSED' : 'npm error code E404');
    process.exitCode = 1;
  }
} else if (FAILS && what.startsWith(FAILS)) process.exitCode = 1;
`,
  );
  await chmod(npm, 0o755);
  const script = await write(
    folder,
    'publish.mjs',
    `import { publishAll } from ${JSON.stringify(pathToFileURL(resolve('scripts/release/publish.mjs')).href)};
import { main } from ${JSON.stringify(pathToFileURL(resolve('scripts/lib/run.mjs')).href)};
await main(() => publishAll(${JSON.stringify(packages.map((one) => ({ ...one, tarball: `${one.name.replace('/', '-')}.tgz` })))}));
`,
  );
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, PUBLISHED: published, FAILS: fails };
  const { code, errors } = await runScript(script, [], { env });
  return { code, errors, asked: (await readFile(log, 'utf8')).trim().split('\n') };
}

const two = [packageOf('blasnet'), packageOf('@blasnet/win32-x64')];

test('publishing: in order, with provenance', async (t) => {
  const { code, asked } = await publish(t, two);
  t.is(code, 0);
  t.deepEqual(asked, [
    'view @blasnet/win32-x64@1.2.0 version',
    'publish @blasnet-win32-x64.tgz --access public --tag latest --ignore-scripts --provenance',
    'view blasnet@1.2.0 version',
    'publish blasnet.tgz --access public --tag latest --ignore-scripts --provenance',
  ]);
});

test('publishing again leaves out what is published', async (t) => {
  const { code, asked, errors } = await publish(t, two, { published: '@blasnet/win32-x64@1.2.0' });
  t.is(code, 0);
  t.deepEqual(
    asked.filter((line) => line.startsWith('publish')),
    ['publish blasnet.tgz --access public --tag latest --ignore-scripts --provenance'],
  );
  t.regex(errors, /@blasnet\/win32-x64@1\.2\.0 is published already/);
});

test('publishing ends at the first failure, so that blasnet never names what is not there', async (t) => {
  const { code, asked, errors } = await publish(t, two, { fails: '@blasnet-win32-x64' });
  t.is(code, 1);
  t.is(asked.length, 2);
  t.regex(errors, /npm could not publish @blasnet-win32-x64\.tgz/);
  const unknown = await publish(t, two, { fails: 'view' });
  t.is(unknown.code, 1);
  t.deepEqual(unknown.asked, ['view @blasnet/win32-x64@1.2.0 version']);
  t.regex(unknown.errors, /ECONNREFUSED/);
});

test('a preview is not offered to those who name no version', async (t) => {
  const { asked } = await publish(t, [packageOf('blasnet', '2.0.0-rc.1')]);
  t.is(asked[1], 'publish blasnet.tgz --access public --tag next --ignore-scripts --provenance');
});
