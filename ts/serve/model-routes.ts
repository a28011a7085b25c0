import type { FastifyInstance } from 'fastify';
import { versions } from '../runtime/environment.js';
import type { ModelParams } from './infer-route.js';
import { Problem } from './problem.js';
import type { Repository } from './repository.js';
import type { Site } from './site.js';

/** The protocol's extensions that a server has; several workers have no sequences, whose state is in one process. */
const extensionsOf = ({ workers }: Site) =>
  ['binary_tensor_data', 'model_repository', 'sequence', 'statistics'].filter(
    (name) => workers === 1 || name !== 'sequence',
  );

/** The content type of metrics. */
const prometheus = 'text/plain; version=0.0.4; charset=utf-8';

/** The configuration of routes that need no token. */
export const isPublic = { config: { isPublic: true } } as const;

/** Adds the routes that tell whether the server lives and whether it takes requests. */
export function healthRoutes(app: FastifyInstance, repository: Repository, site: Site): void {
  app.get('/v2/health/live', isPublic, async () => ({ live: true }));
  app.get('/v2/health/ready', isPublic, async (_request, reply) => {
    const ready = repository.isReady && (await site.areOthersReady());
    reply.code(ready ? 200 : 503);
    return { ready };
  });
}

/** Adds the routes that describe the server and its models, and their statistics. */
export function metadataRoutes(app: FastifyInstance, repository: Repository, site: Site): void {
  const extensions = extensionsOf(site);
  for (const path of ['/v2', '/v2/']) {
    app.get(path, async () => ({ name: 'blasnet', version: versions.blasnet, extensions }));
  }
  app.get('/v2/models/stats', async () => ({ model_stats: await site.statistics() }));
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
      const ready = isReady && !repository.isDraining && (await site.areOthersReady());
      reply.code(ready ? 200 : 503);
      return { name, ready };
    });
    app.get<{ Params: ModelParams }>(`${path}/stats`, async ({ params: { model, version } }) => {
      const entries = version === undefined ? repository.versions(model) : [repository.find(model, version)];
      const all = await site.statistics();
      return { model_stats: entries.map((entry) => all[repository.entries.indexOf(entry)]) };
    });
  }
}

/** Adds the routes that list, load and unload models. */
export function repositoryRoutes(app: FastifyInstance, repository: Repository, site: Site): void {
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
      await site.change(model, action);
      log.info({ model }, `model ${action}ed`);
      return {};
    });
  }
}

/** Adds the route that Prometheus scrapes. */
export function metricsRoute(app: FastifyInstance, site: Site): void {
  app.get('/metrics', async (_request, reply) => {
    reply.type(prometheus);
    return site.metrics();
  });
}
