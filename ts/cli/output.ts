import { once } from 'node:events';
import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { reasonOf } from '../core/errors.js';

/** Thrown for options or arguments that contradict each other or are missing: exit code 2. */
export class UsageError extends Error {}

/** An error whose message has several lines, which are printed as they are. */
export class ListedError extends Error {
  constructor(lines: readonly string[], cause: unknown) {
    super(lines.join('\n'), { cause });
  }
}

/** Thrown when a signal ends the work before it is done. */
export class Interrupted extends Error {
  constructor(
    readonly signal: 'SIGINT' | 'SIGTERM',
    message: string,
  ) {
    super(message);
  }
}

/** The number of this process among those that mpirun has started. */
let rank: number | undefined;

/** Has messages begin with the number of this process, one of several. */
export function nameRank(own: number): void {
  rank = own;
}

/** Prints a line for people on the standard error. */
export function say(line: string): void {
  process.stderr.write(`blasnet: ${rank === undefined ? '' : `rank ${rank}: `}${line}\n`);
}

/** Prints a line that all processes of a run would print; the first one does. */
export function sayOnce(line: string): void {
  if (!rank) say(line);
}

/** Prints results on the standard output; resolves when there is room for more. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Returns the message of an error: one line, unless it is a list. */
export function describeFailure(error: unknown): string {
  if (error instanceof ListedError) return error.message;
  return reasonOf(error).replace(/\s*\n\s*/g, ' ');
}

/** Returns 1 for a failure, 2 for wrong usage, 128 + number for a signal, 0 for commander's help and version. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interrupted) return 128 + constants.signals[error.signal];
  return error instanceof UsageError ? 2 : 1;
}
