import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ownFiles, readOwnFile } from '../core/own-package.js';
import { isPublic } from './model-routes.js';

const folder = 'dist/serve/page';

/** Content types of the page's files. Other files are not served. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page loads everything from its own server, and no other page may show it in a frame. */
const securityHeaders = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

interface PageFile {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
  readonly etag: string;
}

/**
 * Adds the page that shows the models and tries them: `/`, and its files under `/page/`. They hold no secrets and need no
 * token. All of the page's addresses are relative, so that it works under any prefix.
 */
export async function addPage(app: FastifyInstance): Promise<void> {
  for (const file of await pageFiles()) {
    if (file.name === 'index.html') app.get('/', isPublic, (request, reply) => sendIndex(file, request, reply));
    else app.get(`/page/${file.name}`, isPublic, (request, reply) => send(file, request, reply));
  }
}

async function pageFiles(): Promise<PageFile[]> {
  const names = (await ownFiles(folder)).filter((name) => Object.hasOwn(contentTypes, extname(name)));
  return Promise.all(
    names.map(async (name) => {
      const content = await readOwnFile(`${folder}/${name}`);
      const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
      return { name, type: contentTypes[extname(name)]!, content, etag };
    }),
  );
}

/** Sends the page, or redirects to its address with a slash at the end, which relative addresses need. */
function sendIndex(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = '', query] = request.url.split('?', 2);
  if (path.endsWith('/')) return send(file, request, reply);
  return reply.redirect(`${path.slice(path.lastIndexOf('/') + 1)}/${query === undefined ? '' : `?${query}`}`, 308);
}

/** Sends a file. Browsers keep it and ask each time whether it has changed, so that an upgrade shows at once. */
function send({ type, content, etag }: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({ ...securityHeaders, etag, 'cache-control': 'no-cache' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(type).send(content);
}
