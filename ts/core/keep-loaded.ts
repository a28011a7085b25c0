import { constants } from 'node:os';
import { requirePackage } from './own-package.js';

/** The flag RTLD_NODELETE of dlopen, which Node.js does not name: a library stays loaded until the process ends. */
const noDelete: number | undefined = { linux: 0x1000, darwin: 0x80 }[process.platform as string];
const kept = new Set<string>();

/**
 * Keeps the addon of another package loaded until the process ends. Node.js unloads an addon when the last worker thread
 * ends that had loaded it; a library that asked the system to call it when a thread of Node's pool ends is then called
 * where nothing is any more, and the process crashes at its end.
 * @param pattern - what the path of the addon matches; it is loaded already
 */
export function keepLoaded(pattern: RegExp): void {
  const file = Object.keys(requirePackage.cache).find((path) => pattern.test(path));
  if (file === undefined || noDelete === undefined || kept.has(file)) return;
  kept.add(file);
  process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_LAZY | noDelete);
}
