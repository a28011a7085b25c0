// Installations that cannot work. Each must end with an error that names what mends it; where the error names a command of
// npm, that command is run, and blasnet must work then.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { put } from './files.mjs';
import { needingNewGlibc } from './glibc-patch.mjs';
import { newProject, StepError, step } from './trial.mjs';

/**
 * @typedef {object} Failure
 * @property {string} title
 * @property {readonly string[]} [options] - options of npm install
 * @property {(place: { addon: string, folder: string }) => void} [damage] - what happens to the installed package
 * @property {readonly string[]} [flags] - options of node
 * @property {(place: { target: string, version: string }) => RegExp} says
 * @property {(place: { modules: string, folder: string, lock: string }) => void} [clean] - what the error says to delete
 * @property {boolean} [mends] - whether the first command of npm that the error names is run; `npm install` alone for
 *   'again'
 * @property {(target: string) => boolean} [fits] - on which platforms it is tried
 */

const deleteModules = ({ modules }) => rmSync(modules, { recursive: true, force: true });
const deleteAll = ({ modules, lock }) => {
  deleteModules({ modules });
  rmSync(lock, { force: true });
};
const deletePackage = ({ folder }) => rmSync(folder, { recursive: true, force: true });
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** @type {readonly Failure[]} */
const failures = [
  {
    title: 'a wrong platform',
    options: ['--os=darwin', '--cpu=arm64'],
    says: () => /only the package for darwin-arm64.*delete node_modules and run `npm install`/s,
    clean: deleteModules,
    mends: 'again',
    fits: (target) => target !== 'darwin-arm64',
  },
  {
    title: 'a platform without a package',
    flags: ['--require', './riscv64.cjs'],
    says: () => /riscv64.*`npm install blasnet-source`/s,
  },
  {
    title: '--omit=optional',
    options: ['--omit=optional'],
    says: ({ target, version }) =>
      new RegExp(`--omit=optional.*npm install @blasnet/${target}@${escaped(version)}`, 's'),
    mends: true,
  },
  {
    title: 'a truncated addon',
    damage: ({ addon }) => writeFileSync(addon, readFileSync(addon).subarray(0, 300_000)),
    says: ({ target, version }) => new RegExp(`damaged.*npm install @blasnet/${target}@${escaped(version)}`, 's'),
    clean: deletePackage,
    mends: true,
  },
  {
    title: 'an addon that is a web page',
    damage: ({ addon }) => writeFileSync(addon, '<!doctype html><title>Sign in</title>'),
    says: ({ target, version }) => new RegExp(`damaged.*npm install @blasnet/${target}@${escaped(version)}`, 's'),
    clean: deletePackage,
    mends: true,
  },
  {
    title: 'an old glibc',
    damage: ({ addon }) => writeFileSync(addon, needingNewGlibc(readFileSync(addon)).bytes),
    says: () => /C library is older than GLIBC 9\.\d+.*`npm install blasnet-source`/s,
    fits: (target) => target.endsWith('-gnu'),
  },
  {
    title: 'another version of the platform package',
    damage: ({ folder }) => {
      const file = join(folder, 'package.json');
      put(file, { ...JSON.parse(readFileSync(file, 'utf8')), version: '0.0.1' });
    },
    says: ({ version }) => new RegExp(`Expected version ${escaped(version)}.*npm install`, 's'),
    clean: deleteAll,
    mends: 'again',
  },
];

/**
 * Tries the failures that fit the platform.
 * @param spec - what npm installs: `blasnet`, or a tarball
 * @returns {Promise<readonly { title: string, message: string, mended?: boolean, failure?: string }[]>}
 */
export async function tryFailures({ room, npm, url, spec, target, version }) {
  const outcomes = [];
  for (const failure of failures) {
    if (failure.fits && !failure.fits(target)) continue;
    const outcome = { title: failure.title };
    try {
      Object.assign(outcome, await tryFailure({ room, npm, url, spec, target, version, failure }));
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      outcome.failure = error.message;
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

async function tryFailure({ room, npm, url, spec, target, version, failure }) {
  const cwd = newProject(join(room.top, 'failing'));
  npm.prepare?.(cwd);
  const cache = room.inside(join(room.top, '.cache-failures'));
  const env = { ...npm.env({ url, cache }), npm_config_prefer_offline: 'true' };
  const modules = join(cwd, 'node_modules');
  const folder = join(modules, '@blasnet', target);
  const addon = join(folder, 'blasnet.node');
  const install = (...words) => step(room, `npm install ${words.join(' ')}`, npm.add(room.tools, words), { cwd, env });
  const load = (flags, fails) =>
    step(room, failure.title, [room.tools.node, ...flags, 'load.mjs'], { cwd, env, ...(fails && { fails }) });

  await install(spec, ...(failure.options ?? []));
  failure.damage?.({ addon, folder });
  const result = await load(failure.flags ?? [], failure.says({ target, version }));
  const message = result.stdout.trim().replaceAll(room.inside(cwd), '…');
  if (result.status !== 3)
    throw new StepError(`${failure.title}: ended with ${result.status} instead of an error\n${message}`);
  if (!failure.mends) return { message };
  const named = /`npm install([^`]*)`/.exec(message)?.[1].trim() ?? '';
  failure.clean?.({ modules, folder, lock: join(cwd, 'package-lock.json') });
  await install(...(failure.mends === 'again' ? [] : named.split(' ')));
  if (!existsSync(addon)) throw new StepError(`${failure.title}: the command of the error installed no ${addon}`);
  await load([]);
  return { message, mended: true };
}
