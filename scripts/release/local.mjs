// The package of this platform, made of the addon that was compiled in this clone: what CI tests, in seconds instead of the
// many minutes of a prebuild. It is never published: it needs the C library of this machine.
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { addonHash } from '../lib/addon-hash.mjs';
import { filesUnder } from '../lib/files.mjs';
import { buildNative } from '../lib/native.mjs';
import { root } from '../lib/root.mjs';
import { run, ScriptError, say, tryRun } from '../lib/run.mjs';
import { platformTarget } from '../lib/targets.mjs';
import { packageJson } from '../prebuild/package.mjs';
import { targets } from '../prebuild/targets.mjs';
import { emptyFolder, put } from './install/files.mjs';

const objectsFolder = 'build/Release/obj.target/blasnet';

/** Makes the package in build/release/local/, compiling what is out of date, and returns its folder. */
export async function localPackage() {
  await buildNative();
  const name = platformTarget();
  const folder = emptyFolder(join(root, 'build/release/local', name));
  const libraries = process.platform === 'linux' ? linkStatically(folder) : copyAddon(folder);
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const manifest = packageJson(name, targets[name], about, addonHash());
  const blasnet = { ...manifest.blasnet, local: true };
  put(join(folder, 'package.json'), { ...manifest, blasnet, files: [...manifest.files, ...libraries] });
  put(join(folder, 'README.md'), 'Made of the addon that was compiled on one machine, to test installations.\n');
  return folder;
}

/** The compiled addon as it is, with the libraries of the system that it names. */
function copyAddon(folder) {
  const addon = join(root, 'build/Release/blasnet.node');
  if (!existsSync(addon)) throw new ScriptError(`Expected ${addon}, which npm run build compiles, but found none`);
  copyFileSync(addon, join(folder, 'blasnet.node'));
  return [];
}

/** Links the objects of the addon with the system's static OpenBLAS, and lays its Highway beside it. */
function linkStatically(folder) {
  const objects = filesUnder(objectsFolder, (path) => path.endsWith('.o'));
  const openblas = staticOpenBlas();
  if (objects.length === 0 || !openblas) {
    say(`packing the addon as it is, since there is no static OpenBLAS or no object in ${objectsFolder}`);
    return copyAddon(folder);
  }
  const highway = tryRun('g++', ['-print-file-name=libhwy.so.1']);
  const file = join(folder, 'blasnet.node');
  mkdirSync(folder, { recursive: true });
  const hidden = [
    '-Wl,--exclude-libs,ALL',
    '-Wl,--gc-sections',
    '-Wl,-z,nodelete',
    '-static-libgcc',
    '-static-libstdc++',
    '-s',
  ];
  // What the addon refers to weakly would otherwise stay in the archive.
  const wanted = ['-Wl,-u,openblas_get_config', '-Wl,-u,openblas_get_corename'];
  const args = ['-shared', '-pthread', ...hidden, ...wanted, '-Wl,-rpath,$ORIGIN', '-o', file, ...objects, openblas];
  run(process.env.CXX ?? 'g++', [...args, '-lhwy', '-lm'], { what: 'linking the addon for the install test' });
  if (!highway || !existsSync(highway)) return [];
  copyFileSync(realpathSync(highway), join(folder, basename(highway)));
  return [basename(highway)];
}

function staticOpenBlas() {
  const machine = tryRun('g++', ['-print-multiarch']);
  const folders = ['openblas-pthread', 'openblas-openmp', '.'].map((name) => join('/usr/lib', machine ?? '.', name));
  return folders.map((folder) => join(folder, 'libopenblas.a')).find((path) => existsSync(path));
}
