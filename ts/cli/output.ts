import { once } from 'node:events';
import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { reasonOf } from '../errors.js';

/** Options or arguments that contradict each other or are missing: exit code 2. */
export class UsageError extends Error {}

/** A signal ended the work before it was done. */
export class Interrupted extends Error {
  constructor(
    readonly signal: 'SIGINT' | 'SIGTERM',
    message: string,
  ) {
    super(message);
  }
}

/** A line for people, on the standard error. */
export function say(line: string): void {
  process.stderr.write(`blasnet: ${line}\n`);
}

/** Results, on the standard output; resolves when there is room for more. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** What went wrong, on one line. */
export function describeFailure(error: unknown): string {
  return reasonOf(error).replace(/\s*\n\s*/g, ' ');
}

/** 0: fine, 1: failed, 2: called in a wrong way, 128 + number: ended by a signal. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interrupted) return 128 + constants.signals[error.signal];
  return error instanceof UsageError ? 2 : 1;
}
