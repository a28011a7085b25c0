import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkBarrels, writeBarrels } from './barrels.mjs';
import { filesUnder, hashOf, readOr } from './lib/files.mjs';
import { root } from './lib/root.mjs';
import { run, say } from './lib/run.mjs';
import { checkVersion, writeVersion } from './version.mjs';

const require = createRequire(import.meta.url);
const stampFile = join(root, 'build/dev/.blasnet-stamp');
const buildInfo = ['dist/.tsbuildinfo', 'dist/serve/page/.tsbuildinfo', 'build/dev/.tsbuildinfo'];
const devFolders = ['test', 'bench', 'examples'];
/** Files of the page that servers show, which go to dist/ as they are. */
const pageFiles = () => filesUnder('ts', (path) => /\.(html|css|svg)$/.test(path));

/** Compiles ts/ to dist/ and test/, bench/, examples/ to build/dev/ where a source has changed. */
export function buildTypeScript({ force = false } = {}) {
  // Where a change is judged, a stale barrel must show instead of being mended on the way.
  if (process.env.CI) {
    checkBarrels();
    checkVersion();
  } else {
    writeBarrels();
    writeVersion();
  }
  if (!force && readOr(stampFile) === stamp()) return;
  say('compiling the TypeScript …');
  removeOrphans('dist', 'ts');
  for (const folder of devFolders) removeOrphans(`build/dev/${folder}`, folder);
  typeCheck({ force });
  copyPageFiles();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp());
}

/** Runs the compiler, which writes what is out of date by its own reckoning. */
export function typeCheck({ force = false } = {}) {
  const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  run(process.execPath, [compiler, '-b', '--pretty', 'false', ...(force ? ['--force'] : [])], {
    what: 'compiling TypeScript',
  });
}

function copyPageFiles() {
  for (const path of pageFiles()) {
    const copy = join(root, path.replace('ts', 'dist'));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join(root, path), copy);
  }
}

/** Sources, settings, and the compiler's own records of what it wrote for them. */
function stamp() {
  const sources = ['ts', ...devFolders].flatMap((folder) =>
    filesUnder(folder, (path) => /\.(ts|json)$/.test(path) && !path.startsWith('bench/results/')),
  );
  const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'tsconfig.dev.json'];
  return hashOf([...settings, ...sources, ...pageFiles(), ...buildInfo]);
}

/** Deletes compiled modules and copies whose source is gone, so that a removed test does not run on. */
function removeOrphans(compiled, sources) {
  for (const path of filesUnder(compiled, (name) => /\.(js|js\.map|d\.ts|html|css|svg)$/.test(name))) {
    const source = path.replace(compiled, sources).replace(/\.(js|js\.map|d\.ts)$/, '.ts');
    if (!existsSync(join(root, source))) rmSync(join(root, path));
  }
}
