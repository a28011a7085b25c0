import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ServeFlags } from '../serve.js';
import { collected, positiveNumber, wholeNumber } from '../values.js';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const units: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Parses a number of bytes, such as `500000`, `512KiB` or `4MiB`. */
function byteCount(text: string): number {
  const [, digits, unit] = /^(\d{1,12})(|KiB|MiB|GiB)$/.exec(text) ?? [];
  const bytes = Number(digits) * (units[unit ?? ''] ?? Number.NaN);
  if (!(bytes >= 1)) throw new InvalidArgumentError('Expected a number of bytes, as 500000, 512KiB or 4MiB');
  return bytes;
}

/** Adds the command `blasnet serve`. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('serve models over HTTP (Open Inference Protocol V2)')
    .argument('<models...>', 'models: .safetensors or .onnx')
    .option('-n, --name <name>', "a model's name; once for each model, in order (default: its file's name)", collected)
    .option('-p, --port <number>', 'port to listen at; 0: any free port', wholeNumber(0, 65535), 8080)
    .option('--host <address>', 'address to listen at; 0.0.0.0: all interfaces', '127.0.0.1')
    .option(
      '--allowed-host <name>',
      'host name that requests may use, without port; may be repeated (default: localhost, the address of --host and any IP address; with --host 0.0.0.0 any name)',
      collected,
    )
    .addOption(new Option('--token <text>', 'bearer token that requests must bring').conflicts('tokenEnv'))
    .option('--token-env <variable>', 'environment variable with the token, which other users cannot see')
    .option('--max-batch <rows>', 'most rows of a batch (default: 64)', wholeNumber(1))
    .option(
      '--max-delay <ms>',
      'longest time that a row waits for others (default: 1)',
      positiveNumber({ orZero: true }),
    )
    .option('--max-queue <rows>', 'most rows of a model that wait or are computed (default: 1024)', wholeNumber(1))
    .option(
      '--max-wait <ms>',
      'longest time that a request waits for room in a full queue before it gets a 503; 0: not at all (default: 1000)',
      positiveNumber({ orZero: true }),
    )
    .option('--max-rows <rows>', 'most rows of a request (default: 1024)', wholeNumber(1))
    .option(
      '--max-sequences <number>',
      'most sequences of a model that go on at a time (default: 1024)',
      wholeNumber(1),
    )
    .option(
      '--sequence-idle <ms>',
      'time without a request after which a sequence ends (default: 60000)',
      wholeNumber(1, 2 ** 31 - 1),
    )
    .option('--json-limit <bytes>', 'most JSON in a request (default: 1MiB)', byteCount)
    .option('--body-limit <bytes>', 'largest request with binary tensors (default: 16MiB)', byteCount)
    .option(
      '--workers <number>',
      'processes that answer requests, each with the models in its memory; at most one a core',
      wholeNumber(1, 256),
      1,
    )
    .option(
      '--threads <number>',
      'threads that compute a batch, in each worker; the event loop needs a core, too',
      wholeNumber(1),
      1,
    )
    .option('--timeout <ms>', 'longest time from a request to its answer (default: 30000)', wholeNumber(1))
    .option('--no-page', 'no page at /')
    .addOption(
      new Option('--log-level <level>', 'lowest level of the log on standard error').choices(logLevels).default('warn'),
    )
    .addHelpText(
      'after',
      `
SIGTERM and SIGINT finish the requests under way and end with code 0. SIGHUP loads the files again. (Windows: Ctrl+C and
Ctrl+Break end it.)

Examples:
  $ blasnet serve model.safetensors
  $ blasnet serve houses.safetensors iris.onnx --name houses --name iris --host 0.0.0.0 --port 80
  $ API_TOKEN=secret blasnet serve model.safetensors --token-env API_TOKEN
  $ blasnet serve model.safetensors --host 0.0.0.0 --allowed-host api.example.com
  $ blasnet serve model.safetensors --workers 4
  $ curl http://127.0.0.1:8080/v2/models/model`,
    );
  command.action(async (models: readonly string[], flags: ServeFlags) => {
    const { runServe } = await import('../serve.js');
    await runServe(models, flags);
  });
}
