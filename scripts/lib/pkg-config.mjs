import { tryRun } from './run.mjs';

const words = (text) => text.split(/\s+/).filter(Boolean);

/**
 * Flags of a library by pkg-config, or null where pkg-config or its entry for the library is missing.
 * @returns {{ include: string[], libs: string[], defines: string[] } | null}
 */
export function pkgConfig(name) {
  const cflags = tryRun('pkg-config', ['--cflags', name]);
  const libs = cflags === null ? null : tryRun('pkg-config', ['--libs', name]);
  if (libs === null) return null;
  const flags = words(cflags);
  return {
    include: flags.filter((flag) => flag.startsWith('-I')).map((flag) => flag.slice(2)),
    libs: words(libs),
    defines: flags.filter((flag) => flag.startsWith('-D')).map((flag) => flag.slice(2)),
  };
}

/** Folder of a Homebrew formula, or null. */
export const brewPrefix = (formula) => (process.platform === 'darwin' ? tryRun('brew', ['--prefix', formula]) : null);

/** Answers `include`, `libs` or `defines` of a library, one item a line, as binding.gyp and CMake read them. */
export function print(library, what) {
  const items = library[what];
  if (!items) throw new Error(`Expected include, libs or defines but received ${what}`);
  console.log(items.join('\n'));
}
