// Where the install test installs: a folder with a short PATH, or a Debian of its own in which nothing else is installed.
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../../lib/root.mjs';
import { run, ScriptError, say, tryRun } from '../../lib/run.mjs';
import { emptyFolder } from './files.mjs';
import { npmFolder } from './tools.mjs';

const work = join(root, 'build/release');
/** Debian's releases by the version of the C library that they have. */
const glibc = { bookworm: '2.36', bullseye: '2.31' };
/** What must not be there, since a package that compiles would find it. */
export const forbidden = ['gcc', 'g++', 'cc', 'c++', 'clang', 'make', 'cmake', 'ninja', 'python3', 'python'];

/**
 * @typedef {object} Room
 * @property {string} title - what a table calls it
 * @property {string} top - the folder where all of its projects lie, as this machine sees it
 * @property {(path: string) => string} inside - a path of this machine as programs in the room see it
 * @property {{ node: string, npm: string, managers?: string }} tools - programs and folders, as seen inside
 * @property {Run} run - runs a program in it
 *
 * @typedef {(words: readonly string[], options: { cwd: string, env?: Record<string, string>, timeout?: number }) =>
 *   Promise<{ status: number, output: string, stdout: string, seconds: number }>} Run
 *   `cwd` as this machine sees it; `output` has both streams
 */

/**
 * A folder of this machine, outside of the clone so that its packages are not found; programs have nothing on the PATH but
 * node and a shell. Works everywhere.
 */
export function plainRoom({ managers } = {}) {
  const top = emptyFolder(join(realpathSync(tmpdir()), `blasnet-install-test-${process.pid}`));
  process.once('exit', () => rmSync(top, { recursive: true, force: true }));
  const bin = join(top, '.bin');
  mkdirSync(bin, { recursive: true });
  if (process.platform !== 'win32') {
    symlinkSync(process.execPath, join(bin, 'node'));
    symlinkSync('/bin/sh', join(bin, 'sh'));
  }
  const path = process.platform === 'win32' ? `${dirname(process.execPath)};C:\\Windows\\System32` : bin;
  return {
    title: `a folder on ${process.platform}-${process.arch}, PATH with nothing but Node`,
    top,
    inside: (name) => name,
    tools: { node: process.execPath, npm: npmFolder(), managers },
    run: (words, { cwd, env, timeout }) => finished(words, { cwd, env: { ...bareEnv(path, top), ...env }, timeout }),
  };
}

/** Whether a Debian can be set up on this machine; otherwise the reason why not. */
export function whyNoDebian() {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid() !== 0) return 'only root can set one up';
  if (tryRun('unshare', ['--mount', 'true']) === null) return 'this system forbids namespaces for mounts';
  if (tryRun('debootstrap', ['--version']) !== null) return undefined;
  if (tryRun('apt-get', ['--version']) === null) return 'debootstrap is missing, and so is apt-get';
  say('installing debootstrap …');
  spawnSync('apt-get', ['update'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', 'debootstrap', 'debian-archive-keyring'], {
    stdio: 'ignore',
  });
  return tryRun('debootstrap', ['--version']) === null ? 'apt-get could not install debootstrap' : undefined;
}

/**
 * The smallest Debian of a release, to which Node and the package managers are copied: no compiler, no Python, no BLAS, and
 * no way to reach a host by its name.
 */
export function debianRoom(release, { managers, node = process.execPath, npm = npmFolder() } = {}) {
  const system = debian(release);
  const found = forbidden.filter((name) => existsSync(join(system, 'usr/bin', name)));
  if (found.length > 0) throw new ScriptError(`Expected a bare Debian in ${system} but found ${found.join(', ')}`);
  const top = emptyFolder(join(system, 'test'));
  emptyFolder(join(system, 'opt/node'));
  copyFileSync(node, join(system, 'opt/node/node'));
  cpSync(npm, emptyFolder(join(system, 'opt/npm')), { recursive: true, dereference: true });
  if (managers) cpSync(managers, emptyFolder(join(system, 'opt/managers')), { recursive: true });
  rmSync(join(system, 'etc/resolv.conf'), { force: true });
  writeFileSync(join(system, 'etc/hosts'), '127.0.0.1 localhost\n');
  const inside = (path) => path.slice(system.length) || '/';
  const enter = ['unshare', '--mount', '--pid', '--fork', '--kill-child', `--mount-proc=${join(system, 'proc')}`];
  return {
    title: `Debian ${release} (glibc ${glibc[release]}), minimal, in a chroot`,
    top,
    inside,
    tools: { node: '/opt/node/node', npm: '/opt/npm', managers: managers && '/opt/managers' },
    run: (words, { cwd, env, timeout }) => {
      const variables = Object.entries({ ...bareEnv('/opt/node:/usr/bin:/bin', '/test'), ...env });
      const assignments = variables.map(([name, value]) => `${name}=${value}`);
      const command = ['chroot', system, '/usr/bin/env', '--ignore-environment', `--chdir=${inside(cwd)}`];
      return finished([...enter, ...command, ...assignments, ...words], { timeout, env: process.env });
    },
  };
}

/** Folder of a bare Debian, which is set up once and kept. */
function debian(release) {
  const folder = join(work, 'debian', release);
  if (existsSync(folder)) return folder;
  say(`setting up a minimal Debian ${release} (a minute or two) …`);
  const unfinished = emptyFolder(`${folder}.unfinished`);
  const mirror = process.env.BLASNET_DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';
  run('debootstrap', ['--variant=minbase', release, unfinished, mirror], { what: `debootstrap ${release}` });
  rmSync(join(unfinished, 'var/cache/apt'), { recursive: true, force: true });
  renameSync(unfinished, folder);
  return folder;
}

/** The environment of programs in a room: nothing of this machine's. */
function bareEnv(path, home) {
  const windows = process.platform === 'win32' && { SystemRoot: process.env.SystemRoot, TEMP: home, TMP: home };
  return { PATH: path, HOME: home, LANG: 'C.UTF-8', NO_COLOR: '1', CI: '1', ...windows };
}

/** Runs a program to its end, or kills it after `timeout` milliseconds. */
function finished(words, { cwd, env, timeout = 300_000 }) {
  const started = performance.now();
  const child = spawn(words[0], words.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let stdout = '';
  child.stdout.on('data', (data) => {
    output += data;
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      output += `\nkilled after ${timeout / 1000} s`;
      child.kill('SIGKILL');
    }, timeout);
    const end = (status) => {
      clearTimeout(late);
      resolve({ status, output, stdout, seconds: (performance.now() - started) / 1000 });
    };
    child.on('error', (error) => {
      output += error.message;
      end(127);
    });
    child.on('close', (status, signal) => {
      if (signal) output += `\nended by ${signal}`;
      end(status ?? 137);
    });
  });
}
