#!/usr/bin/env node
import { CommanderError } from 'commander';
import { describeFailure, exitCodeOf, say, sayOnce } from './output.js';
import { createProgram } from './program.js';

// A reader that closes the pipe early (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
process.stderr.on('error', () => process.exit(1));
// Node would print warnings with its process id; warnings that are not our own are for developers.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => {
  if (name === 'BlasnetWarning') sayOnce(message);
});

try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has already printed its message.
  if (!(error instanceof CommanderError)) say(describeFailure(error));
}
