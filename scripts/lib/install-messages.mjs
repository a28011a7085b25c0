// Messages of the installation: a clone of the project is made ready by `npm run setup`, the package blasnet-source by npm
// or `npx blasnet build`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** Whether this is a clone of the project: packages have no TypeScript. */
export const isClone = () => existsSync(join(root, 'ts/tsconfig.json'));

/** The message where the addon cannot be compiled. `command` installs what is missing; null where none is known. */
export function missingMessage({ titles, command, clone }) {
  const install = command?.join(' ') ?? "this system's package manager";
  return (
    `to compile the addon, there is missing: ${titles.join(', ')}.\n` +
    `Install with\n  ${install}\nand then run ${mendCommand(clone)}`
  );
}

/**
 * The message in a clone whose TypeScript is not compiled: then npx has nothing to run, and npm install makes half of what
 * the commands need.
 * @param npmCommand - npm's variable npm_command; 'exec' for npx
 * @returns {{ text: string, ends: boolean } | undefined} `ends`: there is nothing to be gained from compiling the addon
 */
export function cloneMessage({ clone, isCompiled, npmCommand }) {
  if (!clone || isCompiled) return undefined;
  if (npmCommand === 'exec')
    return { text: 'this clone is not set up: run npm run setup first, and then this command again', ends: true };
  return { text: 'to set up a clone, run npm run setup: it compiles the TypeScript, too', ends: false };
}

/**
 * Advice for a build that failed, from a line that node-gyp printed; undefined for lines without a known cause. node-gyp
 * reports a failed download as a problem of the network, and does not say that headers in a folder would do.
 */
export function headersMessage(line, version = process.version) {
  if (!/^gyp WARN install got an error/.test(line)) return undefined;
  return (
    `the headers of Node.js ${version} are not installed beside it, and could not be fetched from nodejs.org.\n` +
    'Where they are elsewhere, name the folder that has include/node:\n  export npm_config_nodedir=/path/to/node'
  );
}

/** How to mend an addon. */
export const mendCommand = (clone) => (clone ? 'npm run setup' : 'npx blasnet build');
