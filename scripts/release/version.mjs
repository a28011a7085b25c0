// Runs in `npm version <x.y.z | major | minor | patch>`: the new version stands in package.json by then, and npm commits and
// tags what this script adds. All packages take their version from there. Usage: npm version minor
//   --check   runs before, while nothing is changed yet: ends with an error where there is nothing to release
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, root } from '../lib/root.mjs';
import { main, run, ScriptError } from '../lib/run.mjs';
import { writeVersion } from '../version.mjs';

/**
 * A changelog whose entries under [Unreleased] stand below a heading of the version.
 * @param day - such as 2026-12-31
 */
export function released(changelog, version, day) {
  if (changelog.includes(`\n## [${version}]`)) {
    throw new ScriptError(`Expected a version that CHANGELOG.md does not have but received ${version}`);
  }
  const heading = '## [Unreleased]\n';
  if (!changelog.includes(heading)) throw new ScriptError('Expected the heading [Unreleased] in CHANGELOG.md');
  const entries = changelog.split(heading)[1].split(/^## /m)[0];
  if (entries.trim() === '')
    throw new ScriptError('Expected entries under [Unreleased] in CHANGELOG.md but found none');
  return changelog.replace(heading, `${heading}\n## [${version}] - ${day}\n`);
}

if (isMain(import.meta.url)) {
  await main(() => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const file = join(root, 'CHANGELOG.md');
    if (process.argv.includes('--check')) return released(readFileSync(file, 'utf8'), 'the next version', '');
    writeFileSync(file, released(readFileSync(file, 'utf8'), version, new Date().toISOString().slice(0, 10)));
    writeVersion();
    return run('git', ['add', 'CHANGELOG.md', 'ts/core/version.ts']);
  });
}
