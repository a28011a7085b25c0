import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { BlasnetError, badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { Closing } from './closing.js';
import { hostCheck, hostRule } from './hosts.js';
import { loadOptional, rethrow } from './optional.js';
import { type ServeOptions, serveOptionNames } from './options.js';
import { serveRepository } from './plugin.js';
import { Problem } from './problem.js';
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
}

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
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
  checkOptions(options, [...serveOptionNames, 'host', 'port', 'logger', 'drainMs']);
  const { host = '127.0.0.1', port = 8080, logger = { level: 'warn' }, drainMs = 10_000 } = options;
  if (!(drainMs >= 0 && drainMs <= 2 ** 31 - 1)) throw badArgument('drainMs', 'a number from 0 to 2147483647', drainMs);
  if (!(Number.isSafeInteger(port) && port >= 0 && port < 2 ** 16)) {
    throw badArgument('port', 'a whole number from 0 to 65535', port);
  }
  if (typeof host !== 'string' || host === '') throw badArgument('host', 'the name or address of a host', host);
  const repository = new Repository(options);
  const { fastify, LogController } = await loadOptional('fastify', () => import('fastify').catch(rethrow));
  const app = fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Nothing here waits for others: on a busy machine, a start may take longer than Fastify's ten seconds.
    pluginTimeout: 0,
    // Requests on connections that are open are answered while others drain.
    return503OnClosing: false,
    ...timeoutsOf(repository.settings.timeoutMs),
  });
  app.setNotFoundHandler((_request, reply) => {
    reply
      .code(404)
      .send({ error: 'Expected a path of the Open Inference Protocol, such as /v2, but received another' });
  });
  await app.register(async (scope) => {
    const { allowedHosts } = repository.settings;
    scope.addHook('onRequest', hostCheck(hostRule(host, allowedHosts), allowedHosts));
    await serveRepository(scope, repository, true);
  });
  const closing = new Closing(app, repository, drainMs);
  const close = () => closing.close();
  try {
    const url = await app.listen({ host, port });
    await repository.load();
    const reload = async (name?: string) => {
      const names = repository.entries
        .filter(({ isReloadable, isUnloaded }) => isReloadable && !isUnloaded)
        .map((entry) => entry.name);
      for (const each of name === undefined ? new Set(names) : [name]) {
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

/** Node's limits for slow clients. Bodies that are late get an answer by `readBody` first; without it they are cut off. */
function timeoutsOf(timeoutMs: number) {
  return {
    requestTimeout: timeoutMs + 1000,
    http: {
      headersTimeout: Math.min(timeoutMs, 60_000),
      requestTimeout: timeoutMs + 1000,
      connectionsCheckingInterval: Math.max(50, Math.min(Math.ceil(timeoutMs / 4), 1000)),
    },
  };
}

/** Converts the problem of a request to the error of a call. */
function withoutStatus(error: unknown): unknown {
  if (!(error instanceof Problem)) return error;
  if (error.cause instanceof BlasnetError) return error.cause;
  return new BlasnetError('ERR_BAD_ARGUMENT', error.message, { cause: error });
}
