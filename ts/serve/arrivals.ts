import type { FastifyInstance } from 'fastify';

const arrival = Symbol('arrival');

interface Noted {
  [arrival]?: number;
}

/** Notes when each request arrives, before anything else is done about it. */
export function noteArrivals(app: FastifyInstance): void {
  app.decorateRequest(arrival, 0);
  app.addHook('onRequest', (request, _reply, done) => {
    (request as Noted)[arrival] = performance.now();
    done();
  });
}

/** Returns when a request arrived, in milliseconds of `performance.now()`. */
export const arrivalOf = (request: object): number => (request as Noted)[arrival]!;
