import { optionalLoader } from '../core/optional.js';

export { rethrow } from '../core/optional.js';

export const loadOptional = optionalLoader('serving', 'fastify prom-client');
