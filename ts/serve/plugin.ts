import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, RegisterOptions } from 'fastify';
import { checkOptions } from '../core/fields.js';
import { noteArrivals } from './arrivals.js';
import { BodyReader } from './body.js';
import { hostCheck, hostRule } from './hosts.js';
import { InferRoute } from './infer-route.js';
import { createMetrics, type Metrics } from './metrics.js';
import { healthRoutes, metadataRoutes, metricsRoute, repositoryRoutes } from './model-routes.js';
import { type ServeOptions, type Settings, serveOptionNames } from './options.js';
import { addPage } from './page.js';
import { answerTo, Problem } from './problem.js';
import { Repository } from './repository.js';
import { LoneSite, type Site } from './site.js';
import { refuseWrongMethods } from './wrong-methods.js';

/** Options of Fastify's `register`, which it hands on to the plugin. */
const registerOptionNames = ['prefix', 'logLevel', 'logSerializers'] as const satisfies (keyof RegisterOptions)[];

/**
 * Serves nets by the Open Inference Protocol, version 2, from a Fastify app of the user's own:
 * `app.register(inferenceServer, { models, prefix: '/nets' })`. `app.ready()` waits until the models are loaded.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for bad options, `ERR_BAD_FILE` for a bad file, `ERR_NATIVE_LOAD` without the
 *   optional package prom-client
 */
export const inferenceServer: FastifyPluginAsync<ServeOptions> = async (app, options) => {
  checkOptions<ServeOptions & RegisterOptions>(options, [...serveOptionNames, ...registerOptionNames]);
  const repository = new Repository(options);
  const { allowedHosts } = repository.settings;
  // The app's own hooks decide, unless the option is given.
  if (allowedHosts) app.addHook('onRequest', hostCheck(hostRule('localhost', allowedHosts), allowedHosts));
  await serveRepository(app, repository);
  await repository.load();
};

interface ServingOptions {
  /** Whether the app has no other routes and plugins. */
  readonly isAlone?: boolean;
  /** Makes the site where there are other processes. */
  readonly siteOf?: (metrics: Metrics) => Site;
}

/** Adds all routes. The models may be loaded later. */
export async function serveRepository(
  app: FastifyInstance,
  repository: Repository,
  { isAlone = false, siteOf = (metrics) => new LoneSite(repository, metrics) }: ServingOptions = {},
): Promise<void> {
  const metrics = await createMetrics(repository);
  const site = siteOf(metrics);
  repository.onBatch = metrics.batchEnded;
  noteArrivals(app);
  const { token, page } = repository.settings;
  if (token !== undefined) app.addHook('onRequest', tokenCheck(token));
  addBodyParser(app, repository.settings);
  app.setErrorHandler((error, request, reply) => {
    const { status, message, headers } = answerTo(error);
    if (status === 500) request.log.error({ err: error }, 'request failed');
    reply.code(status).headers(headers).send({ error: message });
  });
  app.addHook('preClose', async () => {
    repository.isDraining = true;
  });
  const refuseOthers = refuseWrongMethods(app, isAlone);
  healthRoutes(app, repository, site);
  metadataRoutes(app, repository, site);
  repositoryRoutes(app, repository, site);
  metricsRoute(app, site);
  new InferRoute(repository, metrics, site).addTo(app);
  if (page) await addPage(app);
  refuseOthers();
}

/** Reads bodies as bytes, whatever `Content-Type` says: they are parsed later, when the request is known to be answered. */
function addBodyParser(app: FastifyInstance, settings: Settings): void {
  app.removeAllContentTypeParsers();
  const bodies = new BodyReader(settings);
  // Fastify remembers which parser a type has, but for those that only '*' matches.
  const types = ['application/json', 'application/octet-stream', '*'];
  // An error of the parser itself would make Fastify close the connection, while the client still sends.
  app.addContentTypeParser(types, (request, payload, done) => {
    bodies.read(request, payload, (body) => done(null, body));
  });
  app.addHook('preValidation', ({ body }, _reply, done) => done(body instanceof Error ? body : undefined));
}

/** Makes a hook that refuses requests without the token. It takes the same time for any other token. */
function tokenCheck(token: string) {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { isPublic } = request.routeOptions.config as { readonly isPublic?: boolean };
    if (isPublic || timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return;
    reply.header('WWW-Authenticate', 'Bearer');
    throw new Problem(
      401,
      'Expected the server\'s token as "Authorization: Bearer TOKEN" but received another or none',
    );
  };
}
