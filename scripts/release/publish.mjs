// Publishes tarballs into npm's registry. Run again after a failure, it goes on where it stopped.
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { runVisibly, ScriptError, say } from '../lib/run.mjs';
import { inOrder } from './order.mjs';

/** The tag under which npm offers a version: people who name none do not get a preview. */
export const distTag = (version) => (version.includes('-') ? 'next' : 'latest');

/** Publishes packages in order, each with a proof of where it was built, and leaves out what is there already. */
export function publishAll(packages, { provenance = true } = {}) {
  for (const { name, version, tarball } of inOrder(packages)) {
    if (isPublished(name, version)) {
      say(`${name}@${version} is published already`);
      continue;
    }
    say(`publishing ${name}@${version} …`);
    const args = ['publish', tarball, '--access', 'public', '--tag', distTag(version), '--ignore-scripts'];
    if (runVisibly('npm', [...args, ...(provenance ? ['--provenance'] : [])]) !== 0) {
      throw new ScriptError(`npm could not publish ${basename(tarball)}; the same command goes on from there`);
    }
  }
}

/** Whether the registry has a version; throws ScriptError where it does not answer. */
function isPublished(name, version) {
  const { status, stdout, stderr } = spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' });
  if (status === 0) return stdout.trim() === version;
  if (/E404/.test(stderr)) return false;
  throw new ScriptError(`npm could not say whether ${name}@${version} is published:\n${stderr}`);
}
