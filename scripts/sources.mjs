// Which C++ files make up the library: one list for binding.gyp, CMakeLists.txt and the up-to-date check.
// Usage: node scripts/sources.mjs addon|core|tests|bench   prints the files, one a line
import { filesUnder } from './lib/files.mjs';
import { isMain } from './lib/root.mjs';

const coreFolders = [
  'core',
  'math',
  'ops',
  'layers',
  'optimizers',
  'schedules',
  'losses',
  'metrics',
  'data',
  'initializers',
];
const isSource = (path) => path.endsWith('.cc');

const sets = {
  /** Everything that goes into blasnet.node. */
  addon: () => ['native/addon.cc', ...filesUnder('native/bind', isSource), ...sets.core()],
  /** What knows nothing of Node. */
  core: () => coreFolders.flatMap((folder) => filesUnder(`native/${folder}`, isSource)),
  tests: () => filesUnder('native/test', isSource),
  bench: () => filesUnder('bench/native', (path) => isSource(path) && !path.includes('/onednn/')),
};

/** Paths of the sources of one set: `addon`, `core`, `tests` or `bench`. */
export const sourcesOf = (set) => sets[set]();

/** Every file whose change makes blasnet.node out of date. */
export const addonInputs = () =>
  filesUnder('native', (path) => !/^native\/(test|mpi)\//.test(path) && /\.(cc|h)$/.test(path));

if (isMain(import.meta.url)) {
  const name = process.argv[2];
  if (!Object.hasOwn(sets, name)) throw new Error(`Expected one of ${Object.keys(sets)} but received ${name}`);
  console.log(sets[name]().join('\n'));
}
