import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { BlasnetError } from '../core/errors.js';
import { packageRoot, requirePackage } from '../core/own-package.js';
import { version } from '../core/version.js';
import { differentVersion } from '../runtime/addon-errors.js';

const isClone = () => existsSync(join(packageRoot, 'binding.gyp'));

/** Runs `blasnet build`: compiles the sources of a clone, or those of the package blasnet-source. */
export async function runBuild(): Promise<void> {
  await runScript(
    isClone() ? [join(packageRoot, 'scripts/build.mjs'), '--native'] : [join(sourceFolder(), 'scripts/install.mjs')],
  );
}

/** Runs `blasnet build mpi`: compiles the addon for MPI from the same sources. */
export async function runBuildMpi(): Promise<void> {
  await runScript([join(isClone() ? packageRoot : sourceFolder(), 'scripts/build-mpi.mjs')]);
}

async function runScript(script: readonly [string, ...string[]]): Promise<void> {
  const child = spawn(process.execPath, script, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return;
  throw new BlasnetError(
    'ERR_NATIVE_LOAD',
    `Expected the addon to be compiled but received ${signal === null ? `exit code ${code}` : signal} of ${script[0]}`,
  );
}

/** The folder of blasnet-source, as this package or the project in the current folder sees it. */
function sourceFolder(): string {
  for (const require of [requirePackage, createRequire(resolve('package.json'))]) {
    let path: string;
    try {
      path = require.resolve('blasnet-source/package.json');
    } catch {
      continue;
    }
    const installed = require(path) as { readonly version: string };
    if (installed.version !== version) throw differentVersion('blasnet-source', installed.version);
    return dirname(path);
  }
  throw new BlasnetError(
    'ERR_NATIVE_LOAD',
    `Expected the package blasnet-source, which has the sources, but received none; run \`npm install blasnet-source@${version}\`, ` +
      'which compiles it, too, where npm runs install scripts',
  );
}
