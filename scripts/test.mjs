// Runs the native tests, the TypeScript tests and, when the machine has nothing else to do, the benchmark's floors; the
// last line is "N passed, N failed" over all of them.
// Usage: node scripts/test.mjs [--native-only | --ts-only | --floors-only] [--sanitize]
//   --sanitize   runs the native tests under AddressSanitizer and UndefinedBehaviorSanitizer, and those of the suite
//                "threads" under ThreadSanitizer, too
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildTarget } from './cmake.mjs';
import { countAva, countDoctest, countFloors } from './counts.mjs';
import { root } from './lib/root.mjs';
import { main, ScriptError, say, tryRun } from './lib/run.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/** Runs a program with its output on screen and gives back that output and the exit code. */
function watch(command, args) {
  const color = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...color } });
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

async function nativeTests({ sanitize = '', args = [] } = {}) {
  const program = buildTarget('native_tests', sanitize);
  const command = [...(sanitize === 'thread' ? withoutAddressRandomisation() : []), program, ...args];
  const { output, exitCode } = await watch(command[0], command.slice(1));
  return countDoctest(output, exitCode);
}

/** ThreadSanitizer of older compilers stops where the kernel scatters addresses further than it knows of. */
function withoutAddressRandomisation() {
  const prefix = ['setarch', '--addr-no-randomize'];
  return tryRun(prefix[0], [prefix[1], 'true']) === null ? [] : prefix;
}

async function typeScriptTests() {
  ensureSystemPackages(['browser']);
  const { output, exitCode } = await watch(join(root, 'node_modules/.bin/ava'), []);
  return countAva(output, exitCode);
}

async function floors() {
  const { output, exitCode } = await watch(process.execPath, [join(root, 'build/dev/bench/floors.js')]);
  return countFloors(output, exitCode);
}

const parts = {
  native: () => nativeTests(),
  sanitized: async () => [
    await nativeTests({ sanitize: 'address,undefined' }),
    await nativeTests({ sanitize: 'thread', args: ['--test-suite=threads'] }),
  ],
  typescript: () => typeScriptTests(),
  floors,
};

/** A part that cannot be built is a failure, and the other parts still run. */
async function attempt(part) {
  try {
    return [await parts[part]()].flat();
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    say(error.message);
    return [{ passed: 0, failed: 1 }];
  }
}

await main(async () => {
  const options = process.argv.slice(2);
  const only = { native: '--native-only', typescript: '--ts-only', floors: '--floors-only' };
  const known = [...Object.values(only), '--sanitize'];
  const unknown = options.find((option) => !known.includes(option));
  if (unknown) throw new ScriptError(`Expected ${known.join(', ')} but received ${unknown}`);
  const has = (option) => options.includes(option);
  const chosen = Object.keys(only).filter((part) => has(only[part]));
  const counts = [];
  for (const part of ['native', 'sanitized', 'typescript', 'floors']) {
    const isWanted = part === 'sanitized' ? has('--sanitize') : chosen.length === 0 || chosen.includes(part);
    if (isWanted) counts.push(...(await attempt(part)));
  }
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
});
