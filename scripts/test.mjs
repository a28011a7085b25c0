// Runs the tests; the last line is "N passed, N failed" over all of them.
// Usage: npm test [-- [--all] [--native-only | --ts-only] [--sanitize]]
//   without options   the native tests and the TypeScript tests, without the heavy ones: 4 to 5 minutes on two cores
//   --all             all tests, the heavy ones (*.heavy.test.ts, long sweeps of native tests) and sanitizers included
//   --sanitize        also the native tests under AddressSanitizer and UndefinedBehaviorSanitizer, and those of the suite
//                     "threads" under ThreadSanitizer
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildTarget } from './cmake.mjs';
import { countAva, countDoctest } from './counts.mjs';
import { root } from './lib/root.mjs';
import { main, ScriptError, say, tryRun } from './lib/run.mjs';
import { partsFor, readTestOptions } from './lib/tiers.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/** Runs a program with its output on screen; resolves with that output and the exit code. */
function watch(command, args, env = {}) {
  const color = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...color, ...env } });
  let output = '';
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8');
    child[stream].on('data', (text) => {
      output += text;
      process[stream].write(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal) say(`${command} was ended by ${signal}`);
      resolve({ output, exitCode: code ?? 1 });
    });
  });
}

/** Tests of C++, linked with what the addon was linked from, or compiled in less time than the addon. */
async function nativeTests({ sanitize = '', args = [], env = {} } = {}) {
  const program = await buildTarget('native_tests', { sanitize, linked: true });
  const command = [...(sanitize === 'thread' ? withoutAddressRandomisation() : []), program, ...args];
  const { output, exitCode } = await watch(command[0], command.slice(1), env);
  return countDoctest(output, exitCode);
}

/** ThreadSanitizer of older compilers stops where the kernel scatters addresses further than it knows of. */
function withoutAddressRandomisation() {
  const prefix = ['setarch', '--addr-no-randomize'];
  return tryRun(prefix[0], [prefix[1], 'true']) === null ? [] : prefix;
}

async function typeScriptTests({ all }) {
  // Only heavy tests open a page or start MPI.
  if (all) ensureSystemPackages(['browser', 'mpi']);
  const { output, exitCode } = await watch(join(root, 'node_modules/.bin/ava'), [], tierOf(all));
  return countAva(output, exitCode);
}

/** For ava.config.js and native/test/tier.h. */
const tierOf = (all) => ({ BLASNET_TESTS: all ? 'all' : 'quick' });

const parts = {
  native: ({ all }) => nativeTests({ env: tierOf(all) }),
  'address,undefined': () => nativeTests({ sanitize: 'address,undefined' }),
  thread: () => nativeTests({ sanitize: 'thread', args: ['--test-suite=threads'] }),
  typescript: typeScriptTests,
};
const titles = {
  native: 'native tests',
  'address,undefined': 'native tests under the sanitizers for addresses and undefined behaviour',
  thread: 'native tests under the sanitizer for threads',
  typescript: 'TypeScript tests',
};

/** Runs a part. One that cannot be built counts as a failure, and the other parts still run. */
async function attempt(name, options) {
  const started = performance.now();
  let count = { passed: 0, failed: 1 };
  try {
    count = await parts[name](options);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    say(error.message);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  say(`${titles[name]}: ${count.passed} passed, ${count.failed} failed, in ${seconds} s`);
  return count;
}

await main(async () => {
  const options = readTestOptions(process.argv.slice(2));
  const counts = [];
  for (const name of partsFor(options)) counts.push(await attempt(name, options));
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
});
