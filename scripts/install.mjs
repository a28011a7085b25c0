// What `npm install blasnet` runs: takes the prebuilt addon where one fits this machine, and compiles otherwise.
import { spawnSync } from 'node:child_process';
import { recordDependencies } from './lib/dependencies.mjs';
import { buildNative } from './lib/native.mjs';
import { root } from './lib/root.mjs';
import { main, ScriptError } from './lib/run.mjs';
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
    const titles = missing.map(({ title }) => title).join(', ');
    const command = installCommand(missing)?.join(' ') ?? "this system's package manager";
    throw new ScriptError(
      `no prebuilt addon fits ${process.platform}-${process.arch}, and to compile it there is missing: ${titles}.\n` +
        `Install with\n  ${command}\nand then run npm install again`,
    );
  }
  await buildNative();
}

await main(async () => {
  // In a clone, scripts/setup.mjs builds once npm is done.
  if (process.env.BLASNET_SETUP === '1') return;
  recordDependencies();
  if (!prebuildLoads()) await compile();
});
