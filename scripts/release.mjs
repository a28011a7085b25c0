// Releases all packages in one version, from a tag: the platform packages, blasnet-source and blasnet.
// Usage: npm run release -- [--dry-run] [--target linux-x64-gnu] [--local] [--check] [--packed] [--quick | --no-install-test]
//   --dry-run            packs and tests all, publishes nothing, and says what would keep it from publishing
//   --target             these platforms only, several with commas; with --dry-run
//   --local              the addon that was compiled in this clone stands for the package of this platform; with --dry-run
//   --check              ends once it is known whether this commit may be published
//   --packed             takes the tarballs that are packed already, such as those that other machines tested
//   --quick              the short install test (npm alone), not the full one
//   --no-install-test    for a workflow whose other machines test the tarballs
// docs/releasing.md tells how a release is made.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { addonHash } from './lib/addon-hash.mjs';
import { isMain, root } from './lib/root.mjs';
import { main, ScriptError, say } from './lib/run.mjs';
import { platformTarget, targets } from './lib/targets.mjs';
import { checkPackages } from './release/check-packages.mjs';
import {
  changelogProblems,
  gitProblems,
  gitState,
  platformProblems,
  sourceProblems,
  versionProblems,
} from './release/checks.mjs';
import { packageTable } from './release/install/report.mjs';
import { installTest } from './release/install-test.mjs';
import { localPackage } from './release/local.mjs';
import { packedIn, packFolders } from './release/pack.mjs';
import { publishAll } from './release/publish.mjs';
import { publishedFile, recordPublished } from './release/record.mjs';

const tarballs = join(root, 'build/release/tarballs');

/** The options of a command line; throws ScriptError for others, and for what may only be packed but not published. */
export function readOptions(words) {
  const flag = { type: 'boolean', default: false };
  const options = {
    'dry-run': flag,
    check: flag,
    local: flag,
    packed: flag,
    quick: flag,
    'no-install-test': flag,
    target: { type: 'string', multiple: true },
  };
  let values;
  try {
    values = parseArgs({ args: words, options }).values;
  } catch (error) {
    throw new ScriptError(error.message);
  }
  const chosen = values.target?.flatMap((text) => text.split(',')) ?? (values.local ? [platformTarget()] : targets);
  const unknown = chosen.find((target) => !targets.includes(target));
  if (unknown) throw new ScriptError(`Expected ${targets.join(', ')} for --target but received ${unknown}`);
  if (!values['dry-run'] && (values.target || values.local)) {
    throw new ScriptError(
      'Expected --dry-run with --target or --local: a release has all platforms, as they were prebuilt',
    );
  }
  return {
    dryRun: values['dry-run'],
    check: values.check,
    local: values.local,
    packed: values.packed,
    targets: chosen,
    // Whoever publishes what is packed already has tested it elsewhere.
    install:
      values['no-install-test'] || (values.packed && !values['dry-run']) ? undefined : values.quick ? 'quick' : 'full',
  };
}

/** Folders of the packages, staged anew; a platform that was not built is left out. */
async function stageAll(options) {
  // Only here, since what is packed already is published without the packages that stage needs.
  const { stage } = await import('./release/stage.mjs');
  const { blasnet, source } = await stage();
  const platforms = options.local
    ? [await localPackage()]
    : options.targets.map((target) => join(root, 'packages', target)).filter((folder) => existsSync(folder));
  return [...platforms, source, blasnet];
}

/** What stands in the way of publishing and is known before anything is packed. */
function problemsOfTree(version) {
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  return [...gitProblems(version, gitState(root)), ...changelogProblems(version, changelog)];
}

const list = (problems) => problems.map((problem) => `\n  ${problem}`).join('');

/** Packs, tests and publishes, or says what a release would stop at. Publishes nothing unless everything passed. */
export async function release(options) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const problems = problemsOfTree(version);
  const refuse = () => {
    throw new ScriptError(`${version} is not ready to be published:${list(problems)}`);
  };
  if ((options.check || !options.dryRun) && problems.length > 0) refuse();
  if (options.check) return say(`${version} may be published from this commit`);

  const packages = options.packed ? packedIn(tarballs) : packFolders(await stageAll(options), tarballs);
  console.log(packageTable(packages));
  const mismatches = [...versionProblems(version, packages), ...sourceProblems(addonHash(), packages)];
  if (mismatches.length > 0) throw new ScriptError(`the packages do not fit together:${list(mismatches)}`);
  problems.push(...platformProblems(packages));
  if (!options.dryRun && problems.length > 0) refuse();

  if (options.install === 'full' && !options.packed) {
    checkPackages(['blasnet', 'blasnet-source'].map((name) => join(root, 'build/release', name)));
  }
  if (options.install) await installTest({ tarballs, quick: options.install === 'quick' });
  if (!options.dryRun) {
    publishAll(packages);
    recordPublished(version, addonHash(), packages);
    return say(`commit ${relative(root, publishedFile)}: clones then take the addons of ${version}`);
  }
  if (problems.length > 0) say(`a release would stop here:${list(problems)}`);
  say(`nothing was published: a dry run of ${version}`);
}

if (isMain(import.meta.url)) await main(() => release(readOptions(process.argv.slice(2))));
