// Compiles sources side by side, and only those of which something changed: the source, a header, or the command.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, resolve } from 'node:path';
import { buildProgress, secondsFor } from '../lib/build-progress.mjs';
import { root } from '../lib/root.mjs';
import { ScriptError } from '../lib/run.mjs';

/**
 * @typedef {{ source: string, object: string, command: readonly string[] }} Unit - `source` is relative to the clone or
 *   absolute; `command` compiles it, but for `-c`, the source and the object
 */

/** Paths that a compiler's list of dependencies (-MD) names, without the object itself. */
export function dependenciesIn(text) {
  const [, list = ''] = text.replaceAll('\\\n', ' ').match(/^.*?\.o:(?=\s)([\s\S]*)$/) ?? [];
  const paths = list.split('\n')[0].match(/(?:\\ |[^\s])+/g) ?? [];
  return paths.map((path) => path.replaceAll('\\ ', ' '));
}

/** Files that the last compilation of a unit read, but for those that never change. */
function filesOf({ source, object }, isFixed) {
  const list = `${object}.d`;
  const read = existsSync(list) ? dependenciesIn(readFileSync(list, 'utf8')) : [];
  const files = new Set([source, ...read].map((path) => resolve(root, path)));
  return [...files].filter((path) => !isFixed(path)).sort();
}

/** A function that tells the key of a unit: a hash of its command and of those files. */
export function keysOf(isFixed) {
  const hashes = new Map();
  const hashOfFile = (path) => {
    if (!hashes.has(path)) {
      const bytes = existsSync(path) ? readFileSync(path) : 'missing';
      hashes.set(path, createHash('sha256').update(bytes).digest('hex'));
    }
    return hashes.get(path);
  };
  return (unit) => {
    const hash = createHash('sha256').update(unit.command.join('\0'));
    for (const path of filesOf(unit, isFixed)) hash.update(`\0${path}\0${hashOfFile(path)}`);
    return hash.digest('hex');
  };
}

/**
 * When a compilation begins, by the clock of the file system: that of the process goes another way where the system's is set.
 * The unit's key is empty until it is compiled.
 */
function markStart({ object }) {
  mkdirSync(dirname(object), { recursive: true });
  writeFileSync(`${object}.key`, '');
  return statSync(`${object}.key`).mtimeMs;
}

/**
 * Compiles what is not compiled yet, and resolves to how many units that were.
 * @param {string} what - for the display of progress
 * @param {readonly Unit[]} units
 * @param {{ env?: NodeJS.ProcessEnv, isFixed?: (path: string) => boolean }} [options] - `isFixed` tells files that never
 *   change, such as the compiler's own headers
 */
export async function compileAll(what, units, { env = {}, isFixed = () => false } = {}) {
  const keyOf = keysOf(isFixed);
  const isUpToDate = (unit) =>
    existsSync(unit.object) &&
    existsSync(`${unit.object}.key`) &&
    readFileSync(`${unit.object}.key`, 'utf8') === keyOf(unit);
  const due = units.filter((unit) => !isUpToDate(unit)).map((unit) => ({ ...unit, seconds: secondsOf(unit.source) }));
  // The longest first, so that no core waits for one at the end.
  due.sort((a, b) => b.seconds - a.seconds);
  const jobs = Math.min(due.length, Math.max(1, availableParallelism()));
  const files = due.map(({ source, seconds }) => ({ path: source, seconds }));
  const progress = buildProgress({ what, files, jobs });
  const waiting = [...due];
  const running = new Set();
  let failed = false;
  async function worker() {
    for (let unit = waiting.shift(); unit && !failed; unit = waiting.shift()) {
      progress.begin(unit.source);
      const started = markStart(unit);
      try {
        await compile(unit, env, running);
      } catch (error) {
        failed = true;
        for (const child of running) child.kill();
        throw error;
      }
      // A file that changes while it is compiled, who knows what was read of it: the next run compiles it again.
      const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
      const isSettled = filesOf(unit, isFixed).every((path) => changed(path) <= started);
      if (isSettled) writeFileSync(`${unit.object}.key`, keyOf(unit));
    }
  }
  try {
    await Promise.all(Array.from({ length: jobs }, worker));
  } finally {
    progress.stop();
  }
  return due.length;
}

const secondsOf = (source) => (isAbsolute(source) ? 2 : secondsFor(source));

async function compile({ source, object, command }, env, running) {
  const [program, ...args] = [...command, '-MD', '-MF', `${object}.d`, '-c', source, '-o', object];
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  const status = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  running.delete(child);
  if (status === 0) {
    // Warnings of our own sources are for whoever builds to see.
    if (output && !isAbsolute(source)) process.stderr.write(output);
    return;
  }
  throw new ScriptError(`${output}compiling ${source} failed: ${status}\n  command: ${[program, ...args].join(' ')}`);
}
