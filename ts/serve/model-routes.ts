import type { FastifyInstance } from 'fastify';
import { versions } from '../runtime/environment.js';
import type { ModelParams } from './infer-route.js';
import type { Metrics } from './metrics.js';
import { Problem } from './problem.js';
import type { ModelEntry, Repository } from './repository.js';

/** The protocol's extensions that this server has. */
const extensions = ['binary_tensor_data', 'model_repository', 'sequence', 'statistics'] as const;

/** The configuration of routes that need no token. */
export const isPublic = { config: { isPublic: true } } as const;

/** Adds the routes that tell whether the server lives and whether it takes requests. */
export function healthRoutes(app: FastifyInstance, repository: Repository): void {
  app.get('/v2/health/live', isPublic, async () => ({ live: true }));
  app.get('/v2/health/ready', isPublic, async (_request, reply) => {
    reply.code(repository.isReady ? 200 : 503);
    return { ready: repository.isReady };
  });
}

/** Adds the routes that describe the server and its models, and their statistics. */
export function metadataRoutes(app: FastifyInstance, repository: Repository): void {
  for (const path of ['/v2', '/v2/']) {
    app.get(path, async () => ({ name: 'blasnet', version: versions.blasnet, extensions }));
  }
  app.get('/v2/models/stats', async () => ({ model_stats: repository.entries.map(statsOf) }));
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get<{ Params: ModelParams }>(path, async ({ params: { model, version } }) => {
      const entry = repository.find(model, version);
      const { inputs, outputs, parameters } = entry.current.description;
      return {
        name: entry.name,
        versions: repository.versions(model).map((one) => one.version),
        platform: 'blasnet',
        inputs,
        outputs,
        parameters: { ...parameters, loaded_at: entry.current.loadedAt },
      };
    });
    app.get<{ Params: ModelParams }>(`${path}/ready`, async ({ params: { model, version } }, reply) => {
      const { name, isReady } = repository.find(model, version);
      reply.code(isReady && !repository.isDraining ? 200 : 503);
      return { name, ready: isReady && !repository.isDraining };
    });
    app.get<{ Params: ModelParams }>(`${path}/stats`, async ({ params: { model, version } }) => ({
      model_stats: (version === undefined ? repository.versions(model) : [repository.find(model, version)]).map(
        statsOf,
      ),
    }));
  }
}

/** Adds the routes that list, load and unload models. */
export function repositoryRoutes(app: FastifyInstance, repository: Repository): void {
  app.post('/v2/repository/index', async () =>
    repository.entries.map(({ name, version, isReady, isUnloaded }) => ({
      name,
      version,
      state: isReady ? 'READY' : isUnloaded ? 'UNAVAILABLE' : 'LOADING',
      reason: isUnloaded ? 'unloaded' : '',
    })),
  );
  for (const action of ['load', 'unload'] as const) {
    app.post<{ Params: ModelParams }>(`/v2/repository/models/:model/${action}`, async ({ params: { model }, log }) => {
      if (!repository.isReady) throw new Problem(503, 'Expected a server that is ready but it loads models or drains');
      await repository[action === 'load' ? 'reload' : 'unload'](model);
      log.info({ model }, `model ${action}ed`);
      return {};
    });
  }
}

/** Adds the route that Prometheus scrapes. */
export function metricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.text();
  });
}

function statsOf({ name, version, statistics, nets }: ModelEntry) {
  return {
    name,
    version,
    ...statistics.toJSON(),
    queue_rows: nets.reduce((sum, { rows }) => sum + rows, 0),
  };
}
