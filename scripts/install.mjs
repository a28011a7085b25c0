// Compiles the addon, or takes a prebuilt one in a clone. Runs in `npm install` of blasnet-source or in a clone, in
// `npx blasnet` in a clone, and in `npx blasnet build`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { recordDependencies } from './lib/dependencies.mjs';
import { cloneMessage, isClone, missingMessage } from './lib/install-messages.mjs';
import { buildNative, hasAddonWithoutCompiler } from './lib/native.mjs';
import { root } from './lib/root.mjs';
import { main, ScriptError, say } from './lib/run.mjs';
import { terminal } from './lib/terminal.mjs';
import { installCommand, missingPackages } from './system-packages.mjs';

async function compile() {
  const missing = missingPackages(['build']);
  if (missing.length > 0) {
    throw new ScriptError(
      missingMessage({
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
  // blasnet-source is installed to be compiled; a clone takes a prebuilt addon where one fits.
  if (!isClone() || !hasAddonWithoutCompiler()) await compile();
  if (advice) say(advice.text);
}

await main(() => explained(install));
