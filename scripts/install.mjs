// Runs in `npm install`, of the package or in a clone, and in `npx blasnet` in a clone: takes the prebuilt addon where one
// fits this machine, and compiles otherwise.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { recordDependencies } from './lib/dependencies.mjs';
import { cloneMessage, isClone, missingMessage } from './lib/install-messages.mjs';
import { buildNative } from './lib/native.mjs';
import { root } from './lib/root.mjs';
import { main, ScriptError, say } from './lib/run.mjs';
import { terminal } from './lib/terminal.mjs';
import { installCommand, missingPackages } from './system-packages.mjs';

/** True where node-gyp-build finds a prebuilt addon and the addon loads. */
function prebuildLoads() {
  if (process.env.npm_config_build_from_source) return false;
  const load = ['-e', 'require("node-gyp-build")(process.cwd())'];
  const child = spawnSync(process.execPath, load, { cwd: root, env: { ...process.env, PREBUILDS_ONLY: '1' } });
  return child.status === 0;
}

async function compile() {
  const missing = missingPackages(['build']);
  if (missing.length > 0) {
    throw new ScriptError(
      missingMessage({
        machine: `${process.platform}-${process.arch}`,
        titles: missing.map(({ title }) => title),
        command: installCommand(missing),
        clone: isClone(),
      }),
    );
  }
  await buildNative({ stream: terminal() });
}

/** Does the work; npx holds back the message of a script that fails, so that the terminal gets it. */
async function explained(work) {
  try {
    await work();
  } catch (error) {
    const stream = terminal();
    const isHidden = process.env.npm_command === 'exec' && stream !== process.stderr;
    if (error instanceof ScriptError && isHidden) stream.write(`blasnet: ${error.message}\n`);
    throw error;
  }
}

async function install() {
  // In a clone, scripts/setup.mjs builds once npm is done.
  if (process.env.BLASNET_SETUP === '1') return;
  const advice = cloneMessage({
    clone: isClone(),
    isCompiled: existsSync(join(root, 'dist/cli/main.js')),
    npmCommand: process.env.npm_command,
  });
  if (advice?.ends) {
    // Where a script fails, npx says nothing, and later finds half of a package in its cache.
    terminal().write(`blasnet: ${advice.text}\n`);
    return;
  }
  recordDependencies();
  if (!prebuildLoads()) await compile();
  if (advice) say(advice.text);
}

await main(() => explained(install));
