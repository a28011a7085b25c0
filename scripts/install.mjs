// What `npm install` runs, of the package or in a clone, and `npx blasnet` in a clone: takes the prebuilt addon where one
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

await main(async () => {
  // In a clone, scripts/setup.mjs builds once npm is done.
  if (process.env.BLASNET_SETUP === '1') return;
  const advice = cloneMessage({
    clone: isClone(),
    isCompiled: existsSync(join(root, 'dist/cli/main.js')),
    npmCommand: process.env.npm_command,
  });
  if (advice?.ends) throw new ScriptError(advice.text);
  recordDependencies();
  if (!prebuildLoads()) await compile();
  if (advice) say(advice.text);
});
