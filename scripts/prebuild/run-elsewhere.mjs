// Runs the addons of packages/ in what can run them here, and compares what they compute.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../lib/root.mjs';
import { ScriptError, say } from '../lib/run.mjs';
import { nativeTestsOf } from './link.mjs';
import { differenceOf, tolerance } from './losses.mjs';
import { checkProducts } from './products.mjs';
import { runners } from './runners.mjs';
import { workFolder } from './sources.mjs';
import { targets } from './targets.mjs';

/**
 * Runs the training of smoke.mjs with the addon of each target, and the native tests if they are wanted; prints a table.
 * Throws ScriptError where one fails; a runner that cannot be prepared is a line with the reason.
 */
export async function runElsewhere(names, { tests = false } = {}) {
  let failed = 0;
  for (const name of names) {
    if (!runners[name]) console.log(`${name.padEnd(18)} cannot be run here`);
    for (const runner of runners[name] ?? []) {
      const { state, text } = await outcomeOf(name, runner, tests);
      if (state === 'failed') failed += 1;
      console.log(`${name.padEnd(18)} ${runner.name.padEnd(48)} ${state.padEnd(8)} ${text}`);
    }
  }
  if (failed > 0) throw new ScriptError(`${failed} runs failed`);
}

async function outcomeOf(name, runner, tests) {
  let prepared;
  try {
    prepared = await runner.prepare();
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return { state: 'skipped', text: error.message };
  }
  say(`${name}: running in ${runner.name} …`);
  const { command, home = root, env = {}, native } = prepared;
  const inHome = (path) => join(home, path);
  const { status, output } = await outputOf(
    [...command, inHome('scripts/prebuild/smoke.mjs'), inHome('dist/index.js')],
    { BLASNET_ADDON: inHome(`packages/${name}/blasnet.node`), ...env },
  );
  if (status !== 0) return { state: 'failed', text: `exit code ${status}\n${output}` };
  const { versions, results } = JSON.parse(output.trim().split('\n').at(-1));
  const difference = differenceOf(results);
  const state = difference <= tolerance ? 'ok' : 'failed';
  const outcome = {
    state,
    text: `losses differ by ${difference.toExponential(1)}; ${versions.simd}, ${versions.openblas}`,
  };
  if (!native) return outcome;
  const checked = await withProducts(name, { native, env }, outcome);
  return tests ? withTests(name, { native, env }, checked) : checked;
}

/** The nets of the smoke test are too small for OpenBLAS. */
async function withProducts(name, { native, env }, { state, text }) {
  if (!targets[name].openblas) return { state, text };
  const { right, wrong } = await checkProducts(name, targets[name], { native, env }, outputOf);
  const problems = wrong.length > 0 ? `; wrong products: ${wrong.join(', ')}` : '';
  return { state: problems ? 'failed' : state, text: `${text}; products of ${right.join(', ')}${problems}` };
}

async function withTests(name, { native, env }, { state, text }) {
  const program = join(workFolder, 'addon', name, nativeTestsOf(targets[name]));
  const { status, output } = await outputOf([...native, program], env);
  const count = output.match(/test cases: .*/)?.[0] ?? output.slice(-300);
  return { state: status === 0 ? state : 'failed', text: `${text}; native tests: ${count}` };
}

/** Exit code and output of a program, by files: Node.js under Wine cannot write to pipes. */
async function outputOf([program, ...args], env) {
  const folder = mkdtempSync(join(tmpdir(), 'blasnet-run-'));
  const files = ['output', 'errors'].map((name) => join(folder, name));
  const handles = files.map((file) => openSync(file, 'w'));
  try {
    const status = await new Promise((resolve) => {
      const options = { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', ...handles] };
      const child = spawn(program, args, options);
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code, signal) => resolve(code ?? signal));
    });
    const [output, errors] = files.map((file) => readFileSync(file, 'utf8'));
    return { status, output: status === 0 ? output : `${output}${errors}` };
  } finally {
    for (const handle of handles) closeSync(handle);
    rmSync(folder, { recursive: true });
  }
}
