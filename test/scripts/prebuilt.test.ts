import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../support/files.js';

interface Options {
  readonly destination: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly packages: string;
  readonly published: { version?: string; sources?: string; packages?: Record<string, string> };
  readonly pack: (name: string, folder: string) => string | null;
}
const script = <T>(path: string) => import(pathToFileURL(resolve(path)).href) as Promise<T>;
const { addonHash } = await script<{ addonHash(): string }>('scripts/lib/addon-hash.mjs');
const { takePrebuilt } = await script<{ takePrebuilt(options: Options): boolean }>('scripts/lib/prebuilt.mjs');
const { platformTarget } = await script<{
  platformTarget(machine?: { platform: string; arch: string; isMusl?: boolean }): string;
}>('scripts/lib/targets.mjs');

const { recordPublished } = await script<{
  recordPublished(version: string, sources: string, packages: readonly object[], file: string): void;
}>('scripts/release/record.mjs');

const addon = 'build/Release/blasnet.node';

/** A folder with packages/<this machine's target>, which was made of C++ files with that hash. */
async function builtPackage(t: ExecutionContext, sources: string, node: string | Buffer) {
  const packages = await temporaryFolder(t);
  const folder = join(packages, platformTarget());
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ blasnet: { sources } }));
  if (typeof node === 'string') await copyFile(node, join(folder, 'blasnet.node'));
  else await writeFile(join(folder, 'blasnet.node'), node);
  return { packages, folder };
}

const never = () => 'nothing should be packed';

test('a machine has one target', (t) => {
  t.is(platformTarget({ platform: 'linux', arch: 'x64', isMusl: false }), 'linux-x64-gnu');
  t.is(platformTarget({ platform: 'linux', arch: 'arm64', isMusl: true }), 'linux-arm64-musl');
  t.is(platformTarget({ platform: 'win32', arch: 'x64' }), 'win32-x64');
  t.is(platformTarget({ platform: 'darwin', arch: 'arm64' }), 'darwin-arm64');
});

test('an addon that was built here from the same files is taken, and no other', async (t) => {
  const destination = join(await temporaryFolder(t), 'Release/blasnet.node');
  const { packages } = await builtPackage(t, addonHash(), addon);
  const take = (environment: NodeJS.ProcessEnv, folder = packages) =>
    takePrebuilt({ destination, environment, packages: folder, published: {}, pack: never });
  t.false(take({}, (await builtPackage(t, 'other files', addon)).packages));
  t.false(take({}, (await builtPackage(t, addonHash(), Buffer.from('no addon'))).packages));
  t.false(take({ CXXFLAGS: '-Og' }));
  t.false(take({ BLASNET_BLAS_LIBS: '-lblis' }));
  t.false(take({ npm_config_build_from_source: 'true' }));
  await t.throwsAsync(readFile(destination), { code: 'ENOENT' });
  t.true(take({}));
  // Not deepEqual, which takes minutes for so many bytes.
  t.true((await readFile(destination)).equals(await readFile(addon)));
});

test('a published addon is taken only with the checksum that the release wrote down', async (t) => {
  const destination = join(await temporaryFolder(t), 'blasnet.node');
  const { folder } = await builtPackage(t, addonHash(), addon);
  const [tarball, record] = [join(folder, 'blasnet-addon.tgz'), join(folder, 'published.json')];
  const pack = () => {
    const names = ['-czf', tarball, '--transform', 's|^|package/|', 'blasnet.node', 'package.json'];
    execFileSync('tar', names, { cwd: folder });
  };
  const names: string[] = [];
  const take = async (sources: string, failure: string | null = null) =>
    takePrebuilt({
      destination,
      environment: {},
      packages: 'none',
      published: { ...(JSON.parse(await readFile(record, 'utf8')) as object), sources },
      pack: (name, into) => {
        names.push(name);
        execFileSync('cp', [tarball, into]);
        return failure;
      },
    });
  pack();
  const packages = [
    { name: `@blasnet/${platformTarget()}`, version: '1.2.3', tarball },
    { name: 'blasnet', version: '1.2.3', tarball },
  ];
  recordPublished('1.2.3', addonHash(), packages, record);
  t.deepEqual(Object.keys((JSON.parse(await readFile(record, 'utf8')) as { packages: object }).packages), [
    platformTarget(),
  ]);
  t.false(await take('other files'));
  t.deepEqual(names, []);
  t.false(await take(addonHash(), 'E404'));
  t.true(await take(addonHash()));
  t.is(names.at(-1), `@blasnet/${platformTarget()}@1.2.3`);
  // Not deepEqual, which takes minutes for so many bytes.
  t.true((await readFile(destination)).equals(await readFile(addon)));
  await rm(destination);
  await writeFile(join(folder, 'package.json'), '{}');
  pack(); // another tarball of the same name
  t.false(await take(addonHash()));
  await t.throwsAsync(readFile(destination), { code: 'ENOENT' });
});
