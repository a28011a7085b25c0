import { Command } from 'commander';
import { version } from '../core/version.js';
import { addBuild } from './commands/build.js';
import { addBuildMpi } from './commands/build-mpi.js';
import { addExport } from './commands/export.js';
import { addInspect } from './commands/inspect.js';
import { addPredict } from './commands/predict.js';
import { addQuantize } from './commands/quantize.js';
import { addServe } from './commands/serve.js';
import { addTrain } from './commands/train.js';
import { say } from './output.js';

/**
 * Creates the command line with all its commands. The code of a command is loaded when it runs.
 * @param args - the arguments of the process
 */
export async function createProgram(args: readonly string[]): Promise<Command> {
  // The help must work where the library cannot be loaded; a command that runs then reports why.
  const names = args.includes('train') ? await import('./train/library-names.js').catch(() => undefined) : undefined;
  const program = new Command('blasnet')
    .description('Trains, inspects, converts and serves neural networks.')
    .version(version)
    .exitOverride()
    .configureOutput({
      outputError: (text) =>
        say(
          `${text
            .replace(/^error: /, '')
            .trim()
            .replace(/\s*\n\s*/g, ' ')}; --help tells more`,
        ),
    })
    .addHelpText(
      'after',
      `
Examples:
  $ blasnet train houses.csv --label price
  $ blasnet predict model.safetensors houses.csv > predictions.csv
  $ blasnet serve model.safetensors

Exit codes: 0 done, 1 failed, 2 wrong usage. 'blasnet <command> --help' tells more of each command.`,
    );
  addTrain(program, names);
  for (const add of [addPredict, addInspect, addExport, addQuantize, addServe, addBuild, addBuildMpi]) add(program);
  return program;
}
