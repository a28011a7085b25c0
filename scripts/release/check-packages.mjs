// Checks the staged packages: how their manifests are read (publint) and whether all resolutions of TypeScript find their
// types (Are the types wrong?). Needs the npm registry. Usage: node scripts/release/check-packages.mjs
import { join } from 'node:path';
import { isMain, root } from '../lib/root.mjs';
import { main, run, say } from '../lib/run.mjs';

const publint = ['publint@0.3.25', 'run', '--strict'];
// CommonJS gets the ES module, which every supported Node.js requires; subpaths need a resolution that knows exports.
const attw = [
  ...['@arethetypeswrong/cli@0.18.5', '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'],
  ...['--format', 'ascii', '--pack'],
];

/** Checks packages in folders. Throws ScriptError where one has a finding. */
export function checkPackages(folders) {
  for (const folder of folders) {
    for (const [name, ...args] of [publint, attw]) {
      run('npx', ['--yes', name, ...args, folder], { what: `${name} on ${folder}` });
    }
    say(`publint and attw find nothing in ${folder}`);
  }
}

if (isMain(import.meta.url)) {
  await main(() => checkPackages(['blasnet', 'blasnet-source'].map((name) => join(root, 'build/release', name))));
}
