// Which system packages are missing, and how to install them.
// Usage: node scripts/system-packages.mjs [--dev] [--browser] [--mpi] [--lint]     installs what is missing
//   BLASNET_SKIP_SYSTEM=1           prints the command instead and exits with code 1 where something is missing
//   BLASNET_ASSUME_MISSING=doctest  takes these (names as below, separated by commas) for missing: to try this script
import { readdirSync } from 'node:fs';
import { hasHeader, hasLibrary, hasProgram } from './lib/probe.mjs';
import { isMain } from './lib/root.mjs';
import { main, run, ScriptError, say } from './lib/run.mjs';

const onMac = process.platform === 'darwin';

/** What is needed for what; a package name per manager, none where the system brings it. */
const requirements = [
  {
    name: 'compiler',
    set: 'build',
    title: 'a C++20 compiler',
    here: () => Boolean(process.env.CXX) || hasProgram('g++', 'clang++', 'c++'),
    apt: 'g++',
    dnf: 'gcc-c++',
  },
  { name: 'make', set: 'build', title: 'make', here: () => hasProgram('make'), apt: 'make', dnf: 'make' },
  {
    name: 'python',
    set: 'build',
    title: 'Python 3 (for node-gyp)',
    here: () => hasProgram('python3', 'python'),
    apt: 'python3',
    dnf: 'python3',
    brew: 'python3',
  },
  {
    name: 'openblas',
    set: 'build',
    title: 'OpenBLAS',
    here: () => onMac || Boolean(process.env.BLASNET_BLAS_LIBS) || hasLibrary('openblas', 'openblas'),
    apt: 'libopenblas-dev',
    dnf: 'openblas-devel',
  },
  {
    name: 'highway',
    set: 'build',
    title: 'Google Highway',
    here: () => hasHeader('hwy/highway.h') && hasLibrary('hwy', 'libhwy'),
    apt: 'libhwy-dev',
    dnf: 'highway-devel',
    brew: 'highway',
  },
  {
    name: 'cmake',
    set: 'dev',
    title: 'CMake',
    here: () => hasProgram('cmake'),
    apt: 'cmake',
    dnf: 'cmake',
    brew: 'cmake',
  },
  {
    name: 'doctest',
    set: 'dev',
    title: 'doctest',
    here: () => hasHeader('doctest/doctest.h'),
    apt: 'doctest-dev',
    dnf: 'doctest-devel',
    brew: 'doctest',
  },
  {
    name: 'chromium',
    set: 'browser',
    title: 'Chromium',
    here: () => Boolean(process.env.BLASNET_CHROMIUM) || hasProgram('chromium', 'google-chrome'),
    apt: 'chromium',
    dnf: 'chromium',
    brew: 'chromium',
  },
  {
    name: 'mpi-compiler',
    set: 'mpi',
    title: 'Open MPI',
    here: () => Boolean(process.env.MPICXX) || hasProgram('mpicxx'),
    apt: 'libopenmpi-dev',
    dnf: 'openmpi-devel',
    brew: 'open-mpi',
  },
  {
    name: 'mpirun',
    set: 'mpi',
    title: 'mpirun',
    here: () => hasProgram('mpirun'),
    apt: 'openmpi-bin',
    dnf: 'openmpi',
    brew: 'open-mpi',
  },
  {
    name: 'clang-format',
    set: 'lint',
    title: 'clang-format',
    here: () => hasProgram('clang-format'),
    apt: 'clang-format',
    dnf: 'clang-tools-extra',
    brew: 'clang-format',
  },
];

/** The requirements of the sets (`build`, `dev`, `browser`, `mpi`, `lint`) that this machine does not meet. */
export function missingPackages(sets) {
  const assumed = (process.env.BLASNET_ASSUME_MISSING ?? '').split(',');
  return requirements.filter(({ name, set, here }) => sets.includes(set) && (assumed.includes(name) || !here()));
}

/** The command that installs them, or null where no known package manager is here. */
export function installCommand(missing) {
  const manager = packageManager();
  if (manager === null) return null;
  const packages = missing.map((requirement) => requirement[manager]).filter(Boolean);
  if (manager === 'brew') return ['brew', 'install', ...packages];
  if (manager === 'dnf') return [...asRoot(), 'dnf', 'install', '-y', ...packages];
  return [...apt(), 'install', '-y', '--no-install-recommends', ...packages];
}

/** Installs what the sets lack. Throws ScriptError naming the packages where it may not or cannot. */
export function ensureSystemPackages(sets) {
  const missing = missingPackages(sets);
  if (missing.length === 0) return;
  const titles = missing.map(({ title }) => title).join(', ');
  const command = installCommand(missing);
  if (command === null) throw new ScriptError(`missing: ${titles}; install them with this system's package manager`);
  const text = command.join(' ');
  if (process.env.BLASNET_SKIP_SYSTEM === '1') throw new ScriptError(`missing: ${titles}; install with\n  ${text}`);
  if (needsRoot(command)) throw new ScriptError(`missing: ${titles}; as root, run\n  ${text}`);
  say(`installing ${titles}: ${text}`);
  install(command);
  const still = requirements.filter((requirement) => missing.includes(requirement) && !requirement.here());
  if (still.length > 0) throw new ScriptError(`still missing: ${still.map(({ title }) => title).join(', ')}`);
}

function install(command) {
  const [program, ...args] = command;
  if (!command.includes('apt-get')) return run(program, args, { what: 'installing system packages' });
  const listsAreEmpty = readdirSync('/var/lib/apt/lists').every((name) =>
    ['lock', 'partial', 'auxfiles'].includes(name),
  );
  if (!listsAreEmpty) {
    try {
      return run(program, args, { what: 'installing system packages' });
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      say('trying again with fresh package lists');
    }
  }
  const [updater, ...rest] = apt();
  run(updater, [...rest, 'update'], { what: 'apt-get update' });
  return run(program, args, { what: 'installing system packages' });
}

function packageManager() {
  if (onMac) return hasProgram('brew') ? 'brew' : null;
  if (process.platform !== 'linux') return null;
  if (hasProgram('apt-get')) return 'apt';
  return hasProgram('dnf') ? 'dnf' : null;
}

const isRoot = () => process.getuid?.() === 0;
const needsRoot = (command) => command[0] !== 'brew' && command[0] !== 'sudo' && !isRoot();

/** sudo where it is needed and there; without a terminal it must not ask for a password. */
function asRoot() {
  if (isRoot() || !hasProgram('sudo')) return [];
  return process.stdin.isTTY ? ['sudo'] : ['sudo', '-n'];
}

// Waits for another apt, such as the one that updates a machine after it has started, instead of failing at its lock.
const apt = () => [...asRoot(), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=600'];

if (isMain(import.meta.url)) {
  const sets = ['build', ...['dev', 'browser', 'mpi', 'lint'].filter((set) => process.argv.includes(`--${set}`))];
  await main(() => ensureSystemPackages(sets));
}
