import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { Problem } from './problem.js';

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'];

/**
 * Answers 405 with `Allow` to other methods than those that the paths have. To be called before routes are added.
 * @param hasOptions - whether OPTIONS is refused, too: in an app of the user's own, a plugin for CORS may answer it
 * @returns adds the routes for other methods; to be called once all others have been added
 */
export function refuseWrongMethods(app: FastifyInstance, hasOptions: boolean): () => void {
  const paths = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const path = url.slice(app.prefix.length);
    const allowed = paths.get(path) ?? new Set();
    for (const each of [method].flat()) allowed.add(each);
    paths.set(path, allowed);
  });
  return () => {
    // Under a prefix, Fastify adds '/' to '' by itself.
    if (paths.has('')) paths.delete('/');
    for (const [path, allowed] of [...paths]) {
      const refused = hasOptions ? [...methods, 'OPTIONS'] : methods;
      const others = refused.filter((method) => !allowed.has(method));
      const headers = { Allow: [...allowed].sort().join(', ') };
      const refuse = async ({ method }: FastifyRequest, _reply: FastifyReply): Promise<never> => {
        throw new Problem(405, `Expected ${headers.Allow} for the method but received ${method}`, { headers });
      };
      // Before the body is read.
      app.route({ method: others, url: path || '/', onRequest: refuse, handler: refuse });
    }
  };
}
