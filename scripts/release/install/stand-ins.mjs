// Packages of platforms that were not packed, without an addon: package managers must find all that blasnet names.
import { join } from 'node:path';
import { root } from '../../lib/root.mjs';
import { targets } from '../../lib/targets.mjs';
import { packFolder } from '../pack.mjs';
import { emptyFolder, put } from './files.mjs';

/** The packages, and a stand-in for each platform without one. */
export function withStandIns(packages) {
  const { version } = packages.find(({ name }) => name === 'blasnet');
  const folder = emptyFolder(join(root, 'build/release/stand-ins'));
  const missing = targets.filter((target) => !packages.some(({ name }) => name === `@blasnet/${target}`));
  return [...missing.map((target) => ({ ...standIn(folder, target, version), standIn: true })), ...packages];
}

function standIn(folder, target, version) {
  const [os, cpu, libc] = target.split('-');
  put(join(folder, target, 'package.json'), {
    name: `@blasnet/${target}`,
    version,
    main: 'blasnet.node',
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc === 'gnu' ? 'glibc' : libc] }),
  });
  put(join(folder, target, 'blasnet.node'), 'a stand-in without an addon');
  return packFolder(join(folder, target), folder);
}
