import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './root.js';

const folder = join(root, 'bench/rivals');
const require = createRequire(join(folder, 'package.json'));
const stampFile = join(folder, 'node_modules/.blasnet-stamp');

/** Installs the other libraries where they are missing; without a registry the benchmark goes on without them. */
export function installRivals(say: (line: string) => void): void {
  const stamp = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say('installing the libraries to compare with, into bench/rivals/node_modules (400 MB) …');
  const npm = process.env.npm_execpath;
  const [program, ...first] = npm ? [process.execPath, npm] : ['npm'];
  try {
    // Their install scripts would fetch or compile GPU libraries that nothing here uses.
    execFileSync(program!, [...first, 'ci', '--ignore-scripts', '--omit=optional'], { cwd: folder, stdio: 'pipe' });
    writeFileSync(stampFile, stamp);
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    say(`npm ci failed in bench/rivals: ${stderr?.toString().trim().split('\n')[0] ?? error}`);
  }
}

/** A library that is compared with, as the caller knows it to be. */
export const rival = <Module>(name: string): Module => require(name) as Module;

export const rivalVersion = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;
