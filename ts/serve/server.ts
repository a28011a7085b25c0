import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { createApp } from './app.js';
import { Closing } from './closing.js';
import { type ServeOptions, serveOptionNames } from './options.js';
import { withoutStatus } from './problem.js';
import { Repository } from './repository.js';

export interface StartOptions extends ServeOptions {
  /** Name or address to listen at; default 127.0.0.1: for this machine only. 0.0.0.0: all interfaces. */
  readonly host?: string | undefined;
  /** Default 8080; 0: any free port. */
  readonly port?: number | undefined;
  /** Fastify's option; default: warnings and errors. From level 'info' on there is a line for each request. */
  readonly logger?: FastifyServerOptions['logger'] | undefined;
  /** Milliseconds for requests under way when the server closes; default 10000. Then their connections are cut off. */
  readonly drainMs?: number | undefined;
  /**
   * Processes that answer requests, each with the models in its memory; default 1: this one. More of them need models from
   * files, and refuse sequences.
   */
  readonly workers?: number | undefined;
  /** Threads that compute in each of several workers; default 1. */
  readonly workerThreads?: number | undefined;
}

const mostWorkers = 256;

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  /** The app of this process. @throws BlasnetError `ERR_BAD_ARGUMENT` where the server has several workers, with an app each */
  readonly app: FastifyInstance;
  /**
   * Loads a model, or all, again from its file. The previous net answers requests meanwhile.
   * @throws BlasnetError `ERR_BAD_FILE` for a bad file: the previous net stays; `ERR_BAD_ARGUMENT` for an unknown name,
   *   or a model without a file
   */
  reload(name?: string): Promise<void>;
  /** Stops listening, answers the requests under way, and closes. Later calls wait for the first. */
  close(): Promise<void>;
}

/**
 * Starts a server for nets; resolves when it listens and all models are loaded.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for bad options, `ERR_BAD_FILE` for a bad file, `ERR_NATIVE_LOAD` without the
 *   optional packages fastify and prom-client; Node's own error where it cannot listen, as `EADDRINUSE` for a port in use
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { drainMs, host, logger, port, workers, workerThreads } = checkedStart(options);
  if (workers > 1) {
    const { WorkerPool } = await import('./worker-pool.js');
    return WorkerPool.start(options, { drainMs, host, logger, port, workers, workerThreads });
  }
  const repository = new Repository(options);
  const app = await createApp(repository, { host, logger });
  const closing = new Closing(app, repository, drainMs);
  const close = () => closing.close();
  try {
    const url = await app.listen({ host, port });
    await repository.load();
    const reload = async (name?: string) => {
      for (const each of name === undefined ? reloadableNames(repository) : [name]) {
        await repository.reload(each).catch((error: unknown) => {
          throw withoutStatus(error);
        });
      }
    };
    return { url, app, reload, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The names of the models that are loaded from files. */
function reloadableNames({ entries }: Repository): ReadonlySet<string> {
  return new Set(entries.filter((entry) => entry.isReloadable && !entry.isUnloaded).map(({ name }) => name));
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option of the wrong type or out of range */
function checkedStart(options: StartOptions) {
  checkOptions(options, [...serveOptionNames, 'host', 'port', 'logger', 'drainMs', 'workers', 'workerThreads']);
  const { host = '127.0.0.1', port = 8080, logger = { level: 'warn' }, drainMs = 10_000 } = options;
  const { workers = 1, workerThreads } = options;
  if (!(drainMs >= 0 && drainMs <= 2 ** 31 - 1)) throw badArgument('drainMs', 'a number from 0 to 2147483647', drainMs);
  if (!(Number.isSafeInteger(port) && port >= 0 && port < 2 ** 16)) {
    throw badArgument('port', 'a whole number from 0 to 65535', port);
  }
  if (typeof host !== 'string' || host === '') throw badArgument('host', 'the name or address of a host', host);
  if (!(Number.isSafeInteger(workers) && workers >= 1 && workers <= mostWorkers))
    throw badArgument('workers', `a whole number from 1 to ${mostWorkers}`, workers);
  if (workerThreads !== undefined && workers === 1)
    throw badArgument('workerThreads', 'no value without workers, where setThreads decides,', workerThreads);
  if (workerThreads !== undefined && !(Number.isSafeInteger(workerThreads) && workerThreads >= 1))
    throw badArgument('workerThreads', 'a whole number above 0', workerThreads);
  return { drainMs, host, logger, port, workers, workerThreads: workerThreads ?? 1 };
}
