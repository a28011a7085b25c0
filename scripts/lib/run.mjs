import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { root } from './root.mjs';

/** A failure that has been explained to the user: shown without a stack. */
export class ScriptError extends Error {}

/** One line on stderr, so that stdout stays with the program that is run in the end. */
export const say = (line) => process.stderr.write(`blasnet: ${line}\n`);

/**
 * Runs a command from the package's folder with its output held back, and shows that output only if it fails.
 * Throws ScriptError naming the command.
 */
export function run(command, args, { env = {}, what = command } = {}) {
  const child = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.status === 0) return child.stdout;
  process.stderr.write(`${child.stdout ?? ''}${child.stderr ?? ''}`);
  throw new ScriptError(`${what} failed: ${describeEnd(child)}\n  command: ${[command, ...args].join(' ')}`);
}

/**
 * Runs a command as `run` does, beside the event loop, and passes each line of its output to `onLine` as it comes.
 * Resolves when the command has ended; rejects with ScriptError where it failed.
 */
export async function runByLines(command, args, onLine, { env = {}, what = command } = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      onLine(line);
    });
  }
  const end = await new Promise((resolve) => {
    child.on('error', (error) => resolve({ error }));
    child.on('close', (status, signal) => resolve({ status, signal }));
  });
  if (end.status === 0) return;
  process.stderr.write(`${lines.join('\n')}\n`);
  throw new ScriptError(`${what} failed: ${describeEnd(end)}\n  command: ${[command, ...args].join(' ')}`);
}

/** Runs a command with its output on screen; returns its exit code (1 where it could not start or was killed). */
export function runVisibly(command, args, { env = {} } = {}) {
  const child = spawnSync(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' });
  if (child.status === null) say(`${command}: ${describeEnd(child)}`);
  return child.status ?? 1;
}

/** Output of a command, or null where it is missing or fails. */
export function tryRun(command, args) {
  const child = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return child.status === 0 ? child.stdout.trim() : null;
}

/** Runs a script's main function; a ScriptError becomes one message and exit code 1. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

function describeEnd(child) {
  if (child.error) return child.error.message;
  return child.signal ? `killed by ${child.signal}` : `exit code ${child.status}`;
}
