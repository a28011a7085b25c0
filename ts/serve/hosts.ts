import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

/** Addresses at which a server listens on all interfaces. */
const wildcards = ['0.0.0.0', '::', ''];

/** Decides whether a server answers to a host name (in lower case, without port). */
export type HostRule = (name: string) => boolean;

/**
 * Returns the rule for a server that listens at `address`. Without `allowedHosts` it answers to loopback names, its own
 * address, and all IP addresses: a page of another site can be given a new IP address (DNS rebinding), but not a name that
 * is an IP address. At 0.0.0.0 and :: the server cannot know its names and answers to all.
 */
export function hostRule(address: string, allowedHosts: readonly string[] | undefined): HostRule {
  const own = address.toLowerCase();
  if (allowedHosts) return (name) => isLoopback(name) || name === own || allowedHosts.includes(name);
  if (wildcards.includes(own)) return () => true;
  return (name) => isLoopback(name) || name === own || isIP(name) !== 0;
}

/** Returns the host name in a header `Host`, in lower case: without the port, and without the brackets of IPv6. */
export function hostNameOf(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  const name = bracketed ?? plain ?? (isIP(host) ? host : '');
  return name.toLowerCase().replace(/\.$/, '');
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Requests whose host does not matter: those for health come from probes, which know an address only. */
const isForHealth = ({ routeOptions }: FastifyRequest) => routeOptions.url?.includes('/v2/health/') ?? false;

/**
 * Makes a hook that refuses requests to host names that are not the server's, and requests from pages of other sites.
 * Browsers send both for pages that their user merely visits; a page of another site cannot change these headers.
 */
export function hostCheck(rule: HostRule, allowedHosts: readonly string[] = []) {
  // Most requests name the same host.
  let latest: string | undefined;
  const isOwn = (host: string) => {
    if (host === latest) return true;
    if (!rule(hostNameOf(host))) return false;
    latest = host;
    return true;
  };
  // By callback: each promise of a hook adds to what a request takes.
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    done(problemOf(request, isOwn, allowedHosts));
  };
}

/** Returns the reason to refuse a request, if there is one. */
function problemOf(
  request: FastifyRequest,
  isOwn: (host: string) => boolean,
  allowedHosts: readonly string[],
): Problem | undefined {
  const { host, origin, 'sec-fetch-site': site } = request.headers;
  // Fastify makes an object of a route's options each time that it is asked for them: last.
  if (host !== undefined && !isOwn(host) && !isForHealth(request))
    return new Problem(
      421,
      `Expected a name of this server for Host but received '${host.slice(0, 100)}': allow it by the option allowedHosts (blasnet serve --allowed-host)`,
    );
  // The browser itself compared the sites: behind a proxy, Host may be another than in the page's address.
  if (site === 'same-origin') return undefined;
  if (origin !== undefined && !isOwnOrigin(origin, host, allowedHosts))
    return new Problem(
      403,
      `Expected a page of this server for Origin but received '${origin.slice(0, 100)}': allow it by the option allowedHosts (blasnet serve --allowed-host)`,
    );
  if (request.method !== 'GET' && site !== undefined && site !== 'none' && origin === undefined)
    return new Problem(403, `Expected a request from a page of this server but received one from a ${site} page`);
  return undefined;
}

/** Whether an origin is the host of the request, with its port, or a name that is allowed. */
function isOwnOrigin(origin: string, host: string | undefined, allowedHosts: readonly string[]): boolean {
  const authority = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();
  if (authority === undefined) return false;
  return authority === host?.toLowerCase() || allowedHosts.includes(hostNameOf(authority));
}
