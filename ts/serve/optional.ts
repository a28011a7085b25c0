import { optionalLoader } from '../optional.js';

export const loadOptional = optionalLoader('serving', 'fastify prom-client');
