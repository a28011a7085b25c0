// Builds the packages with a prebuilt addon, one for each platform, in packages/.
// Usage: npm run prebuild -- <target> … [--tests] [--run]
//   <target>   such as linux-x64-gnu; all stands for every one
//   --tests    builds the native tests as well, in build/prebuild/addon/<target>/
//   --run      then loads the addon in what can run it here, trains a model, and compares the losses
import { relative } from 'node:path';
import { isMain, root } from './lib/root.mjs';
import { main, ScriptError } from './lib/run.mjs';
import { buildAddon, buildNativeTests } from './prebuild/addon.mjs';
import { makePackage } from './prebuild/package.mjs';
import { targets } from './prebuild/targets.mjs';

/** Targets and options that a command line names; throws ScriptError for others. */
export function readArguments(args) {
  const options = { tests: args.includes('--tests'), run: args.includes('--run') };
  const unknown = args.find((text) => text.startsWith('-') && !['--tests', '--run'].includes(text));
  if (unknown) throw new ScriptError(`Expected --tests or --run but received ${unknown}`);
  const named = args.filter((text) => !text.startsWith('-'));
  const names = named.includes('all') ? Object.keys(targets) : named;
  const expected = `${Object.keys(targets).join(', ')} or all`;
  if (names.length === 0) throw new ScriptError(`Expected the name of a target: ${expected}`);
  for (const name of names) {
    if (!Object.hasOwn(targets, name)) throw new ScriptError(`Expected ${expected} for a target but received ${name}`);
  }
  return { names, ...options };
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const args = process.argv.slice(2);
    // npm runs a script of this name before `npm run build`, too: without arguments there is nothing to do.
    if (args.length === 0) return;
    const { names, tests, run } = readArguments(args);
    for (const name of names) {
      const { file } = await buildAddon(name, targets[name]);
      const { folder, unpacked, packed } = makePackage(name, targets[name], file);
      console.log(`${relative(root, folder)}: ${megabytes(unpacked)} unpacked, ${megabytes(packed)} packed`);
      if (tests) console.log(relative(root, await buildNativeTests(name, targets[name])));
    }
    if (run) {
      const { runElsewhere } = await import('./prebuild/run-elsewhere.mjs');
      await runElsewhere(names, { tests });
    }
  });
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
