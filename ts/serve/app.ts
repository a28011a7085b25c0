import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { hostCheck, hostRule } from './hosts.js';
import type { Metrics } from './metrics.js';
import { loadOptional, rethrow } from './optional.js';
import { serveRepository } from './plugin.js';
import type { Repository } from './repository.js';
import type { Site } from './site.js';

export interface AppOptions {
  /** Where it listens. */
  readonly host: string;
  readonly logger: NonNullable<FastifyServerOptions['logger']>;
  /** Makes the site where there are other processes. */
  readonly siteOf?: (metrics: Metrics) => Site;
}

/** Creates the app of a server, with all routes. The models may be loaded later. */
export async function createApp(repository: Repository, options: AppOptions): Promise<FastifyInstance> {
  const { host, logger, ...serving } = options;
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
    await serveRepository(scope, repository, { ...serving, isAlone: true });
  });
  return app;
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
