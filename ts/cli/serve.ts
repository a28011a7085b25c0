import { parse } from 'node:path';
import { BlasnetError } from '../core/errors.js';
import { definedFields } from '../core/objects.js';
import { isRunning } from '../core/processes.js';
import { setThreads } from '../runtime/environment.js';
import { closeOnSignals, type RunningServer, type StartOptions, startServer } from '../serve/index.js';
import { describeFailure, print, say, UsageError } from './output.js';

/** The options of `blasnet serve`; undefined where they were not given. */
export interface ServeFlags {
  readonly name?: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly allowedHost?: readonly string[];
  readonly token?: string;
  readonly tokenEnv?: string;
  readonly maxBatch?: number;
  readonly maxDelay?: number;
  readonly maxQueue?: number;
  readonly maxWait?: number;
  readonly maxRows?: number;
  readonly maxSequences?: number;
  readonly sequenceIdle?: number;
  readonly jsonLimit?: number;
  readonly bodyLimit?: number;
  readonly threads: number;
  readonly workers: number;
  readonly timeout?: number;
  readonly page: boolean;
  readonly logLevel: string;
}

const parentCheckMs = 300;

/** Runs `blasnet serve` until a signal ends it. */
export async function runServe(files: readonly string[], flags: ServeFlags): Promise<void> {
  const options = optionsOf(files, flags);
  setThreads(flags.threads);
  const server = await start(options);
  closeOnSignals(server, (error) => {
    say(describeFailure(error));
    process.exitCode = 1;
  });
  reloadOnHangUp(server);
  if (process.env.npm_command === 'exec') closeWithParent();
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(flags.host);
  if (!isLocal && options.token === undefined)
    say(
      `everyone who can reach ${server.url} may use it: ask for a token by --token-env, for a host name by --allowed-host`,
    );
  await print(`serving ${options.models.map(({ name }) => name).join(', ')} at ${server.url}\n`);
}

function optionsOf(files: readonly string[], flags: ServeFlags): StartOptions {
  const { name: names, host, port, maxBatch, maxQueue, maxRows, jsonLimit, bodyLimit, page, logLevel, workers } = flags;
  if (names && names.length !== files.length) {
    throw new UsageError(`--name: Expected as many names as models, ${files.length}, but received ${names.length}`);
  }
  return {
    models: files.map((file, i) => ({ name: names?.[i] ?? parse(file).name, file })),
    host,
    port,
    page,
    workers,
    ...(workers > 1 && { workerThreads: flags.threads }),
    // The standard output is for results.
    logger: { level: logLevel, stream: process.stderr },
    ...definedFields({
      allowedHosts: flags.allowedHost,
      maxBatch,
      maxDelayMs: flags.maxDelay,
      maxQueue,
      maxWaitMs: flags.maxWait,
      maxRows,
      maxSequences: flags.maxSequences,
      sequenceIdleMs: flags.sequenceIdle,
      jsonLimit,
      bodyLimit,
      timeoutMs: flags.timeout,
      token: tokenOf(flags),
    }),
  };
}

function tokenOf({ token, tokenEnv }: ServeFlags): string | undefined {
  if (tokenEnv === undefined) return token;
  const value = process.env[tokenEnv];
  if (!value)
    throw new UsageError(`--token-env: Expected a token in the environment variable ${tokenEnv} but received none`);
  return value;
}

async function start(options: StartOptions): Promise<RunningServer> {
  try {
    return await startServer(options);
  } catch (cause) {
    const expected = hints[(cause as NodeJS.ErrnoException).code ?? ''];
    if (expected === undefined) throw cause;
    throw new BlasnetError('ERR_BAD_ARGUMENT', `Expected ${expected} but received ${options.host}:${options.port}`, {
      cause,
    });
  }
}

/** The expectation in the message for an address at which the server cannot listen. */
const hints: Readonly<Record<string, string | undefined>> = {
  EADDRINUSE: 'a free port (--port 0 takes any)',
  EACCES: 'a port that this user may open, such as 1024 and above,',
  EADDRNOTAVAIL: 'an address of this machine',
  ENOTFOUND: 'an address of this machine',
};

function reloadOnHangUp(server: RunningServer): void {
  if (process.platform === 'win32') return; // there it says that the console's window closes
  process.on('SIGHUP', () => {
    server.reload().then(
      () => say('models loaded again'),
      (error: unknown) => say(`models not loaded again: ${describeFailure(error)}`),
    );
  });
}

/**
 * Closes the server when its parent process has ended: npx runs commands in a shell that SIGTERM ends, and that does not
 * pass the signal on.
 */
function closeWithParent(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    // Windows gives an orphan no other parent.
    if (process.ppid === parent && isRunning(parent)) return;
    clearInterval(timer);
    process.emit('SIGTERM'); // as if it had come from outside, which on Windows would end the process at once
  }, parentCheckMs);
  timer.unref();
}
