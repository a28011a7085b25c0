// Installs the packed packages from a registry on loopback and uses them, as users would who have neither compiler nor Python nor
// OpenBLAS. Usage: node scripts/release/install-test.mjs [--quick] [--tarballs <folder>] [--managers npm,bun]
//   --quick      npm only, in a folder whose PATH has nothing but Node; without it all package managers, in a chroot with a
//                minimal Debian where this machine allows one (Linux, root, debootstrap), and the bundlers
//   --tarballs   where `npm run release -- --dry-run` packed them; by default build/release/tarballs
//   --managers   some of the package managers
// Results: build/release/install-test.md and .json. Nothing is published outside of this machine.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMain, root } from '../lib/root.mjs';
import { main, ScriptError, say } from '../lib/run.mjs';
import { platformTarget } from '../lib/targets.mjs';
import { tryBundlers } from './install/bundlers.mjs';
import { tryFailures } from './install/failures.mjs';
import { put } from './install/files.mjs';
import { managers, npmVersion } from './install/managers.mjs';
import { startRegistry, startScopeRegistry } from './install/registry.mjs';
import { failuresOf, page, trialTable } from './install/report.mjs';
import { debianRoom, plainRoom, whyNoDebian } from './install/rooms.mjs';
import { withStandIns } from './install/stand-ins.mjs';
import { newest, newestNode, npmFolder, npmSetting, packageManagers } from './install/tools.mjs';
import { tryManager } from './install/trial.mjs';
import { packedIn } from './pack.mjs';

/**
 * Runs the test, writes the report, and throws ScriptError where anything failed.
 * @param tarballs - the folder with the packed packages
 */
export async function installTest({ tarballs, quick = false, only } = {}) {
  const packages = withStandIns(packedIn(tarballs));
  const blasnet = packages.find(({ name }) => name === 'blasnet');
  const target = platformTarget();
  const mine = packages.find(({ name }) => name === `@blasnet/${target}`);
  if (!blasnet || mine.standIn) throw new ScriptError(`Expected blasnet and @blasnet/${target} in ${tarballs}`);
  const common = { packages, target, version: blasnet.version, node: process.version };
  const result = quick ? await quickTest(common, blasnet) : await fullTest(common, only);
  report({ ...common, ...result });
}

/** npm alone, with the scope @blasnet from loopback and everything else from where npm is set up to look. */
async function quickTest({ packages, target, version }, { tarball }) {
  const registry = await startScopeRegistry(packages.filter(({ name }) => name.startsWith('@blasnet/')));
  const room = plainRoom();
  const certificates = npmSetting('cafile');
  const npmrc = [
    `@blasnet:registry=${registry.url}`,
    `registry=${npmSetting('registry')}`,
    ...(certificates ? [`cafile=${certificates}`] : []),
  ].join('\n');
  const npm = {
    ...named(managers.npm),
    prepare: (project) => put(join(project, '.npmrc'), npmrc),
    env: ({ cache }) => ({ npm_config_cache: cache, npm_config_update_notifier: 'false' }),
  };
  try {
    const trials = [await tryManager({ room, name: 'npm', manager: npm, spec: tarball })];
    say(trialTable(trials));
    const failures = await tryFailures({ room, npm, spec: tarball, target, version });
    return { trials, failures, bundles: [], notes: [] };
  } finally {
    await registry.stop();
  }
}

/** All package managers against verdaccio. */
async function fullTest({ packages, target, version }, only) {
  const why = whyNoDebian();
  const isLinuxX64 = process.platform === 'linux' && process.arch === 'x64';
  const tools = isLinuxX64 ? packageManagers() : undefined;
  const names = (only ?? Object.keys(managers)).filter((name) => isLinuxX64 || name === 'npm');
  const notes = why ? [`In a folder of this machine instead of a bare Debian: ${why}.`] : [];
  const missing = packages.filter(({ standIn }) => standIn).map(({ name }) => name);
  if (missing.length > 0) notes.push(`Stand-ins without an addon for ${missing.join(', ')}.`);
  const registry = await startRegistry();
  try {
    for (const { tarball } of packages) registry.publish(tarball);
    const npm = named(managers.npm);
    const room = why ? plainRoom({ managers: tools }) : debianRoom('bookworm', { managers: tools });
    say('fetching the dependencies once, so that the registry has them …');
    await tryManager({ room, name: 'npm', manager: npm, url: registry.url });
    const trials = [];
    const attempt = async (where, name, title = named(managers[name]).title) => {
      trials.push(await tryManager({ room: where, name, manager: { ...managers[name], title }, url: registry.url }));
      say(trialTable(trials.slice(-1)).split('\n').at(-1));
    };
    for (const name of names) await attempt(room, name);
    const failures = await tryFailures({ room, npm, url: registry.url, spec: 'blasnet', target, version });
    const bundles = await tryBundlers({ room, npm, url: registry.url, target });
    if (!why && names.includes('npm')) {
      if (isLinuxX64)
        await attempt(debianRoom('bookworm', newestNode()), 'npm', `npm ${newest.npm}, Node.js ${newest.node}`);
      // An addon that was linked here needs the C library of this machine.
      if (packages.some(({ manifest }) => manifest.blasnet?.local))
        notes.push('Not tried in Debian bullseye: --local.');
      else await attempt(debianRoom('bullseye'), 'npm');
    }
    return { trials, failures, bundles, notes };
  } finally {
    await registry.stop();
  }
}

/** npm with the version that is tested in its title. */
const named = (manager) =>
  manager === managers.npm ? { ...manager, title: `npm ${npmVersion(npmFolder())}` } : manager;

function report(result) {
  const text = page(result);
  put(join(root, 'build/release/install-test.md'), text);
  put(join(root, 'build/release/install-test.json'), result);
  process.stderr.write(`\n${text}\n`);
  const failed = failuresOf(result);
  if (failed.length > 0) throw new ScriptError(`the install test failed:\n${failed.join('\n')}`);
  say('the install test passed: build/release/install-test.md');
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: { quick: { type: 'boolean' }, tarballs: { type: 'string' }, managers: { type: 'string' } },
    });
    const only = values.managers?.split(',');
    const unknown = only?.find((name) => !Object.hasOwn(managers, name));
    if (unknown) throw new ScriptError(`Expected ${Object.keys(managers).join(', ')} but received ${unknown}`);
    await installTest({ tarballs: values.tarballs ?? join(root, 'build/release/tarballs'), quick: values.quick, only });
  });
}
