// The prebuilt addon for a clone: taken where it was built from the very C++ files of the clone, so that setup need not compile.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonHash } from './addon-hash.mjs';
import { root } from './root.mjs';
import { say } from './run.mjs';
import { platformTarget } from './targets.mjs';

/**
 * Which packages were published for which C++ files; a release writes it. Only a package with the checksum that stands
 * here is taken: a name in a registry alone proves nothing.
 */
const publishedFile = join(root, 'scripts/prebuild/published.json');

/** Variables that ask for another binary than the prebuilt one: where one is set, the clone compiles. */
const compilerVariables = ['BLASNET_BLAS_LIBS', 'BLASNET_BLAS_INCLUDE', 'CC', 'CXX', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS'];

/**
 * Copies a prebuilt addon to `destination`: from packages/<target> if it was built there, else from the registry that npm
 * is configured with.
 * @param {{ destination: string, environment?: NodeJS.ProcessEnv, packages?: string,
 *   published?: { version?: string, sources?: string, packages?: Record<string, string> },
 *   pack?: (name: string, folder: string) => string | null }} options - `published` is what a release wrote; `pack` puts
 *   the tarball of a package into a folder and returns why it could not, or null
 * @returns {boolean} false where none fits: other C++ files, another platform, or a compiler setting in the environment
 */
export function takePrebuilt({
  destination,
  environment = process.env,
  packages = join(root, 'packages'),
  published = readPublished(),
  pack = npmPack,
}) {
  if (environment.npm_config_build_from_source || compilerVariables.some((name) => environment[name])) return false;
  const target = platformTarget();
  const hash = addonHash();
  const built = join(packages, target);
  if (hashInside(built) === hash && place(join(built, 'blasnet.node'), destination, `packages/${target}`)) return true;
  const integrity = published.packages?.[target];
  if (published.sources !== hash || !integrity) return false;
  return takePublished({ name: `@blasnet/${target}@${published.version}`, integrity, pack, destination });
}

const readPublished = () => JSON.parse(readFileSync(publishedFile, 'utf8'));

/** The hash of the C++ files that a built package was made of. */
function hashInside(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).blasnet?.sources : undefined;
}

function takePublished({ name, integrity, pack, destination }) {
  const folder = mkdtempSync(join(tmpdir(), 'blasnet-prebuilt-'));
  try {
    const failure = pack(name, folder);
    if (failure) return refuse(name, failure);
    const file = readdirSync(folder).find((path) => path.endsWith('.tgz'));
    const found = `sha512-${createHash('sha512')
      .update(readFileSync(join(folder, file)))
      .digest('base64')}`;
    if (found !== integrity) return refuse(name, `its checksum is ${found}, not ${integrity}`);
    if (spawnSync('tar', ['-xzf', file], { cwd: folder }).status !== 0) return refuse(name, 'tar cannot unpack it');
    return place(join(folder, 'package/blasnet.node'), destination, name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls npm: the one that runs this script, if one does. */
function npmPack(name, folder) {
  const npmPath = process.env.npm_execpath;
  const [program, ...before] = npmPath ? [process.execPath, npmPath] : ['npm'];
  const args = ['pack', name, '--pack-destination', folder, '--fetch-retries=0', '--loglevel=error'];
  const child = spawnSync(program, [...before, ...args], { cwd: root, encoding: 'utf8' });
  return child.status === 0 ? null : child.stderr?.trim().split('\n')[0] || 'npm pack failed';
}

/** Copies the addon if this machine can load it, as a whole: never half of a file at its place. */
function place(file, destination, name) {
  const child = spawnSync(process.execPath, ['-e', 'require(process.argv[1])', file], { encoding: 'utf8' });
  if (child.status !== 0) return refuse(name, (child.stderr.match(/^Error: .*/m) ?? ['it does not load'])[0]);
  mkdirSync(join(destination, '..'), { recursive: true });
  copyFileSync(file, `${destination}.new`);
  renameSync(`${destination}.new`, destination);
  say(`took the prebuilt addon of ${name}`);
  return true;
}

function refuse(name, why) {
  say(`the prebuilt addon of ${name} cannot be used: ${why}`);
  return false;
}
