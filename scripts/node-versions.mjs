// Shows that one build of the addon serves every supported Node: runs a program with each version against the same
// build/Release/blasnet.node. Usage: node scripts/node-versions.mjs [program] [version …]

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from './lib/root.mjs';
import { main, run, ScriptError, say } from './lib/run.mjs';

const defaultVersions = ['20', '22', '24', '26'];
const smoke = `
  import { versions } from 'blasnet';
  console.log(JSON.stringify(versions));
`;

/** The last line that the program prints under one version of Node. */
function outcome(version, folder, program) {
  const prefix = join(folder, version);
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', prefix, `node@${version}`], {
    what: `installing node@${version}`,
  });
  const node = join(prefix, 'node_modules/node/bin/node');
  const args = program ? [program] : ['--input-type=module', '--eval', smoke];
  const child = spawnSync(node, args, { cwd: root, encoding: 'utf8', timeout: 120_000 });
  const name = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (child.status !== 0) throw new ScriptError(`${name ?? version}: ${child.error?.message ?? child.stderr}`);
  return `${name}: ${child.stdout.trim().split('\n').at(-1)}`;
}

await main(() => {
  const args = process.argv.slice(2);
  const isVersion = (text) => /^\d+(\.\d+)*$/.test(text);
  const program = args.find((text) => !isVersion(text));
  const chosen = args.filter(isVersion);
  const versions = chosen.length > 0 ? chosen : defaultVersions;
  const folder = mkdtempSync(join(tmpdir(), 'blasnet-node-'));
  let failed = 0;
  try {
    for (const version of versions) {
      try {
        console.log(`ok      ${outcome(version, folder, program && resolve(program))}`);
      } catch (error) {
        if (!(error instanceof ScriptError)) throw error;
        failed += 1;
        console.log(`failed  node ${version}`);
        say(error.message);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (failed > 0) throw new ScriptError(`${failed} of ${versions.length} versions of Node failed`);
});
