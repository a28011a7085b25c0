import { type Command, Option } from 'commander';
import type { ServeFlags } from '../serve.js';
import { collected, positiveNumber, wholeNumber } from '../values.js';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** `blasnet serve`. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('serve models over HTTP (Open Inference Protocol V2)')
    .argument('<models...>', 'models: .safetensors or .onnx')
    .option('-n, --name <name>', "the model's name, once for each in order (default: the file's)", collected)
    .option('-p, --port <number>', '0: any that is free', wholeNumber(0, 65535), 8080)
    .option('--host <address>', '0.0.0.0: all of this machine', '127.0.0.1')
    .addOption(new Option('--token <text>', 'bearer token that requests must bring').conflicts('tokenEnv'))
    .option('--token-env <variable>', 'the environment variable that holds it, which other users cannot see')
    .option('--max-batch <rows>', 'rows that are computed together (default: 64)', wholeNumber(1))
    .option('--max-delay <ms>', 'longest wait of a row for others (default: 1)', positiveNumber({ orZero: true }))
    .option(
      '--max-queue <rows>',
      'rows of a model under way, above which it answers 503 (default: 1024)',
      wholeNumber(1),
    )
    .option('--threads <number>', 'that compute a batch; the event loop needs a core, too', wholeNumber(1), 1)
    .option('--timeout <ms>', 'longest time of a request (default: 30000)', wholeNumber(1))
    .option('--no-page', 'without the page at /')
    .addOption(new Option('--log-level <level>', 'of the log on the standard error').choices(logLevels).default('warn'))
    .addHelpText(
      'after',
      `
SIGTERM and SIGINT finish the requests under way and end with code 0; SIGHUP reads the files anew.

Examples:
  $ blasnet serve model.safetensors
  $ blasnet serve houses.safetensors iris.onnx --name houses --name iris --host 0.0.0.0 --port 80
  $ API_TOKEN=secret blasnet serve model.safetensors --token-env API_TOKEN
  $ curl http://127.0.0.1:8080/v2/models/model`,
    );
  command.action(async (models: readonly string[], flags: ServeFlags) => {
    const { runServe } = await import('../serve.js');
    await runServe(models, flags);
  });
}
