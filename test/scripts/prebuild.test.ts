import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

interface Target {
  readonly os: string;
  readonly cpu: string;
  readonly libc?: string;
  readonly zig: string;
  readonly system: string;
}
interface Unit {
  readonly source: string;
  readonly object: string;
  readonly command: readonly string[];
}
type Download = (url: string) => Promise<Uint8Array>;
type Losses = Readonly<Record<string, readonly number[]>>;

const script = (path: string) => import(pathToFileURL(resolve('scripts', path)).href);
const { targets } = (await script('prebuild/targets.mjs')) as { targets: Readonly<Record<string, Target>> };
const { readArguments } = (await script('prebuild.mjs')) as {
  readArguments(args: readonly string[]): { names: string[]; tests: boolean; run: boolean };
};
const { sourcesFrom } = (await script('prebuild/sources.mjs')) as {
  sourcesFrom(name: string, options: { download: Download; folder: string }): Promise<string>;
};
const { packageJson } = (await script('prebuild/package.mjs')) as {
  packageJson(name: string, target: Target, about: object, sources: string): Record<string, unknown>;
};
const { addonHash } = (await script('lib/addon-hash.mjs')) as { addonHash(): string };
const { dependenciesIn, compileAll } = (await script('prebuild/compile.mjs')) as {
  dependenciesIn(text: string): string[];
  compileAll(what: string, units: readonly Unit[]): Promise<number>;
};
const { differenceOf } = (await script('prebuild/losses.mjs')) as {
  differenceOf(results: Readonly<Record<string, { losses: readonly number[] }>>, losses: Losses): number;
};
const { productsInTable, productsInMakefile } = (await script('prebuild/openblas-products.mjs')) as {
  productsInTable(text: string): string;
  productsInMakefile(text: string, names: (type: string) => readonly string[]): string;
};

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'blasnet-prebuild-'));

test('targets are called as npm calls their system, processor and C library', (t) => {
  const libraries: Record<string, string> = { glibc: 'gnu', musl: 'musl' };
  for (const [name, { os, cpu, libc, zig, system }] of Object.entries(targets)) {
    t.is(name, [os, cpu, ...(libc ? [libraries[libc]!] : [])].join('-'));
    t.is(os === 'linux', libc !== undefined, name);
    t.true(zig.startsWith({ x64: 'x86_64-', arm64: 'aarch64-' }[cpu]!), name);
    t.truthy(system);
  }
});

test('the command line names targets and options, and nothing else', (t) => {
  t.deepEqual(readArguments(['linux-x64-gnu', '--tests']), { names: ['linux-x64-gnu'], tests: true, run: false });
  t.deepEqual(readArguments(['all', '--run']).names, Object.keys(targets));
  t.throws(() => readArguments(['linux-x86']), {
    message: /^Expected linux-x64-gnu, .* or all for a target but received linux-x86$/,
  });
  t.throws(() => readArguments(['--run']), { message: /^Expected the name of a target: linux-x64-gnu, / });
  t.throws(() => readArguments(['--fast']), { message: 'Expected --tests or --run but received --fast' });
});

test("a package's package.json lets npm install it where it runs", (t) => {
  const about = { version: '1.2.3', license: 'MIT', engines: { node: '>=20.3' }, repository: 'here' };
  const json = packageJson('linux-arm64-musl', targets['linux-arm64-musl']!, about, 'abc');
  t.like(json, {
    name: '@blasnet/linux-arm64-musl',
    version: '1.2.3',
    main: 'blasnet.node',
    os: ['linux'],
    cpu: ['arm64'],
    libc: ['musl'],
    license: 'MIT',
    engines: { node: '>=20.3' },
    repository: 'here',
    blasnet: { sources: 'abc' },
  });
  t.false('scripts' in json);
  t.false('libc' in packageJson('win32-x64', { os: 'win32', cpu: 'x64', zig: '', system: '' }, about, 'abc'));
});

test('a download with another checksum is refused, whichever mirror it comes from', async (t) => {
  const folder = await temporaryFolder();
  const asked: string[] = [];
  const download = async (url: string) => {
    asked.push(url);
    if (asked.length === 1) throw new Error('no answer');
    return Buffer.from('something else');
  };
  await t.throwsAsync(sourcesFrom('highway', { download, folder }), {
    message: /^Expected SHA-256 7e0be78b\w+ of .* but received /,
  });
  t.is(asked.length, 2);
  t.true(asked.every((url) => url.endsWith('/h/highway/highway_1.2.0.orig.tar.gz')));
});

test('a file that was kept is checked again', async (t) => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'downloads'));
  await writeFile(join(folder, 'downloads/highway_1.2.0.orig.tar.gz'), 'half of it');
  const download = () => Promise.reject(new Error('nobody asks'));
  await t.throwsAsync(sourcesFrom('highway', { download, folder }), { message: /^Expected SHA-256 / });
});

test('all mirrors are named where none answers', async (t) => {
  const download = (url: string) => Promise.reject(new Error(`${url}: status 404`));
  const folder = await temporaryFolder();
  await t.throwsAsync(sourcesFrom('openblas', { download, folder }), {
    message: /^no mirror answered:\n.*deb\.debian\.org.*%2Bds.*status 404\n[\s\S]*snapshot\.debian\.org/,
  });
});

test('the hash of the native sources is one of SHA-256, and the same each time', (t) => {
  t.regex(addonHash(), /^[0-9a-f]{64}$/);
  t.is(addonHash(), addonHash());
});

test("a compiler's list of dependencies is read over several lines", (t) => {
  const text = 'out/a.cc.o: native/a.cc \\\n  native/core/span.h /usr/my\\ folder/b.h\n\nnative/core/span.h:\n';
  t.deepEqual(dependenciesIn(text), ['native/a.cc', 'native/core/span.h', '/usr/my folder/b.h']);
  t.deepEqual(dependenciesIn(''), []);
});

/** A compiler that copies its source, names a header as read, and fails where the source says so. */
const compiler = `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
const after = (option) => process.argv[process.argv.indexOf(option) + 1];
const [header, log] = process.argv.slice(2);
const text = readFileSync(after('-c'), 'utf8');
if (text.includes('mistake')) { console.error('a.cc:1: this is a mistake'); process.exit(1); }
appendFileSync(log, after('-c').split('/').at(-1) + ' ');
writeFileSync(after('-o'), text);
writeFileSync(after('-MF'), after('-o') + ': ' + after('-c') + ' ' + header + '\\n');
`;

async function project() {
  const folder = await temporaryFolder();
  const file = (name: string) => join(folder, name);
  await writeFile(file('cc.mjs'), compiler);
  for (const name of ['a.cc', 'b.cc', 'a.h', 'b.h']) await writeFile(file(name), name);
  const units = (...flags: string[]) =>
    ['a', 'b'].map((name) => ({
      source: file(`${name}.cc`),
      object: file(`out/${name}.o`),
      command: [process.execPath, file('cc.mjs'), file(`${name}.h`), file('log'), ...flags],
    }));
  const compiled = async () => {
    const names = (await readFile(file('log'), 'utf8')).trim().split(' ').sort();
    await writeFile(file('log'), '');
    return names.join(' ');
  };
  return { file, units, compiled };
}

test('only what has changed is compiled again: sources, headers and flags count', async (t) => {
  const { file, units, compiled } = await project();
  t.is(await compileAll('test', units()), 2);
  t.is(await compiled(), 'a.cc b.cc');
  t.is(await compileAll('test', units()), 0);
  await writeFile(file('b.h'), 'otherwise');
  t.is(await compileAll('test', units()), 1);
  t.is(await compiled(), 'b.cc');
  await writeFile(file('a.cc'), 'otherwise');
  t.is(await compileAll('test', units()), 1);
  t.is(await compiled(), 'a.cc');
  t.is(await compileAll('test', units('-O1')), 2);
});

test("a source that does not compile ends the build with the compiler's words, and is compiled again", async (t) => {
  const { file, units } = await project();
  await writeFile(file('a.cc'), 'mistake');
  await t.throwsAsync(compileAll('test', units()), { message: /this is a mistake[\s\S]*compiling .*a\.cc failed: 1/ });
  await writeFile(file('a.cc'), 'mended');
  t.true((await compileAll('test', units())) >= 1);
  t.is(await readFile(file('out/a.o'), 'utf8'), 'mended');
});

test('losses are compared by their largest difference; one that is missing is no agreement', (t) => {
  const expected = { dense: [1, 0.5], lstm: [2] };
  t.is(differenceOf({ dense: { losses: [1, 0.5] }, lstm: { losses: [2] } }, expected), 0);
  t.is(differenceOf({ dense: { losses: [1, 0.75] }, lstm: { losses: [2.125] } }, expected), 0.25);
  t.is(differenceOf({ dense: { losses: [1, 0.5] } }, expected), Number.NaN);
  t.is(differenceOf({ dense: { losses: [1] }, lstm: { losses: [2] } }, expected), Number.NaN);
});

test('of OpenBLAS, products of matrices are kept, and other kernels have no entry in the table', (t) => {
  const table = '  srot_kTS,   saxpy_kTS,\n  idamax_kTS,\n  dgemm_kernelTS, dgemm_betaTS,\n  strmm_kernel_RNTS,\n';
  const kept = '  NULL,   NULL,\n  NULL,\n  dgemm_kernelTS, dgemm_betaTS,\n  NULL,\n';
  t.is(productsInTable(table), kept);
  const makefile = 'all : libs\n\ninclude $(TOPDIR)/Makefile.tail\n';
  const lines = productsInMakefile(makefile, (type) => [`${type}gemm_%`, 'setparam%']).split('\n');
  t.is(lines[2], 'SBLASOBJS := $(filter sgemm_% setparam%,$(SBLASOBJS))');
  t.is(lines[3], 'DBLASOBJS := $(filter dgemm_% setparam%,$(DBLASOBJS))');
  t.true(lines.includes('ZBLASOBJS :='));
  t.is(lines.at(-2), 'include $(TOPDIR)/Makefile.tail');
});
