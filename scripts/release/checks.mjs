// What a release must be before it is published. Each check answers with sentences, one for each thing that stands in the way.
import { spawnSync } from 'node:child_process';
import { ScriptError } from '../lib/run.mjs';
import { missingFrom } from './order.mjs';

/** Versions move together: every package has the version of the repository, and blasnet names exactly that. */
export function versionProblems(version, packages) {
  const problems = packages
    .filter((one) => one.version !== version)
    .map((one) => `${one.name} has version ${one.version} instead of ${version}`);
  for (const { name, manifest } of packages) {
    for (const [other, range] of Object.entries(manifest.optionalDependencies ?? {})) {
      if (other.startsWith('@blasnet/') && range !== version) {
        problems.push(`${name} names ${other} ${range} instead of ${version}`);
      }
    }
  }
  return problems;
}

/** Every platform that blasnet names is packed, and so are both other packages. */
export const platformProblems = (packages) => missingFrom(packages).map((name) => `${name} is missing`);

/** Platform packages are made of the native sources as they are now. `hash` is that of the sources. */
export function sourceProblems(hash, packages) {
  return packages
    .filter(({ name }) => name.startsWith('@blasnet/'))
    .filter(({ manifest }) => manifest.blasnet?.sources !== hash)
    .map(({ name }) => `${name} is built from other native sources than these: npm run prebuild -- ${name.slice(9)}`);
}

/** CHANGELOG.md tells what the version brings, and nothing is left for the next one. */
export function changelogProblems(version, changelog) {
  const sections = changelog.split(/^## /m).slice(1);
  const problems = [];
  if (!sections.some((section) => section.startsWith(`[${version}]`))) {
    problems.push(`CHANGELOG.md has no heading [${version}]: npm version makes it`);
  }
  const unreleased = sections.find((section) => section.startsWith('[Unreleased]'));
  if (unreleased && unreleased.split('\n').slice(1).join('').trim() !== '') {
    problems.push('CHANGELOG.md has entries under [Unreleased]: npm version moves them below the new version');
  }
  return problems;
}

/** What `gitProblems` looks at, for the repository in a folder. */
export function gitState(folder) {
  const git = (...args) => {
    const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new ScriptError(`git ${args[0]} failed: ${error?.message ?? stderr}`);
    return stdout;
  };
  // A workflow that a tag started may have fetched the commit without it.
  const started = process.env.GITHUB_REF_TYPE === 'tag' ? [process.env.GITHUB_REF_NAME] : [];
  const tags = git('tag', '--points-at', 'HEAD').split('\n').filter(Boolean);
  return { status: git('status', '--porcelain'), tags: [...new Set([...tags, ...started])] };
}

/**
 * The work tree is what the tag of the version says.
 * @param git - `{ status, tags }`: output of `git status --porcelain`, and the tags of the commit
 */
export function gitProblems(version, { status, tags }) {
  const changed = status.split('\n').filter((line) => line.trim() !== '');
  const problems = [];
  if (changed.length > 0) {
    const some = changed.slice(0, 3).map((line) => line.slice(3));
    problems.push(`the work tree has changes: ${some.join(', ')}${changed.length > 3 ? ', …' : ''}`);
  }
  if (!tags.includes(`v${version}`)) {
    const found = tags.length > 0 ? `only ${tags.join(', ')}` : 'none';
    problems.push(`expected the tag v${version} at this commit but found ${found}`);
  }
  return problems;
}
