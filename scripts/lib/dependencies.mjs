import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, readOr } from './files.mjs';
import { root } from './root.mjs';
import { run, say } from './run.mjs';

const stampFile = join(root, 'node_modules/.blasnet-setup');
const stamp = () => hashOf(['package-lock.json'], process.platform, process.arch);

/** Runs `npm ci` where node_modules was not installed from this package-lock.json. */
export function installDependencies() {
  if (readOr(stampFile) === stamp()) return;
  say('installing the npm dependencies …');
  const npm = process.env.npm_execpath;
  const [program, ...args] = npm ? [process.execPath, npm, 'ci'] : ['npm', 'ci'];
  // The addon is built by setup itself, once, after this.
  run(program, args, { env: { BLASNET_SETUP: '1', ONNXRUNTIME_NODE_INSTALL: 'skip' }, what: 'npm ci' });
  recordDependencies();
}

/** Notes which package-lock.json node_modules stands for. */
export function recordDependencies() {
  if (existsSync(join(root, 'node_modules')) && existsSync(join(root, 'package-lock.json'))) {
    writeFileSync(stampFile, stamp());
  }
}
