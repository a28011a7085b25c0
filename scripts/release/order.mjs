// The order in which packages are published, and which there must be.

import { ScriptError } from '../lib/run.mjs';
import { targets } from '../lib/targets.mjs';

/** Names of all packages of a release. */
export const releaseNames = () => [...targets.map((target) => `@blasnet/${target}`), 'blasnet-source', 'blasnet'];

/**
 * Packages in the order in which they are published: whoever installs blasnet while a release is under way finds
 * everything that it names.
 * @template {{ name: string }} P
 * @param {readonly P[]} packages
 * @returns {P[]}
 */
export function inOrder(packages) {
  const names = releaseNames();
  const unknown = packages.find(({ name }) => !names.includes(name));
  if (unknown)
    throw new ScriptError(`Expected packages of a release (${names.join(', ')}) but received ${unknown.name}`);
  return [...packages].sort((one, other) => names.indexOf(one.name) - names.indexOf(other.name));
}

/** Names of a release that are not among the packages. */
export function missingFrom(packages) {
  const there = new Set(packages.map(({ name }) => name));
  return releaseNames().filter((name) => !there.has(name));
}
