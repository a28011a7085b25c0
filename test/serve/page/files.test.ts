import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import fastify from 'fastify';
import { addPage } from '#blasnet/serve/page';

/** A server with nothing but the page, at / and at /models/. */
async function server() {
  const app = fastify({ pluginTimeout: 0 });
  await app.register(addPage);
  await app.register(addPage, { prefix: '/models' });
  return app;
}

test('the page › all its files are served, with their types, and nothing beside them', async (t) => {
  const app = await server();
  const page = await app.inject('/');
  t.is(page.statusCode, 200);
  t.is(page.headers['content-type'], 'text/html; charset=utf-8');
  t.is(page.body, await readFile('ts/serve/page/index.html', 'utf8'));
  const types: Record<string, string> = {
    css: 'text/css; charset=utf-8',
    js: 'text/javascript; charset=utf-8',
    svg: 'image/svg+xml',
  };
  const names = (await readdir('ts/serve/page')).filter((name) => !/\.(html|json)$/.test(name));
  for (const name of names.map((each) => each.replace(/\.ts$/, '.js'))) {
    const { statusCode, headers, body } = await app.inject(`/page/${name}`);
    t.is(statusCode, 200, name);
    t.is(headers['content-type'], types[name.split('.').at(-1)!]);
    t.is(body, await readFile(`dist/serve/page/${name}`, 'utf8'));
  }
  for (const name of ['app.d.ts', '.tsbuildinfo', '../page.js', '%2e%2e/page.js', 'index.html', '']) {
    t.is((await app.inject(`/page/${name}`)).statusCode, 404, name);
  }
});

test('the page › takes nothing from elsewhere, and says so', async (t) => {
  const app = await server();
  for (const url of ['/', '/page/app.js']) {
    const { headers } = await app.inject(url);
    t.regex(String(headers['content-security-policy']), /^default-src 'self'; .*frame-ancestors 'none'/);
    t.is(headers['x-content-type-options'], 'nosniff');
    t.is(headers['referrer-policy'], 'no-referrer');
  }
  const sources = (await readdir('dist/serve/page')).filter((name) => /\.(html|css|js)$/.test(name));
  for (const name of sources) {
    const text = await readFile(`dist/serve/page/${name}`, 'utf8');
    t.notRegex(text, /https?:|url\(|(src|href)="\//, name);
  }
});

test('the page › is sent once, and again when it has changed', async (t) => {
  const app = await server();
  const { headers } = await app.inject('/page/page.css');
  t.is(headers['cache-control'], 'no-cache');
  const etag = String(headers.etag);
  const again = await app.inject({ url: '/page/page.css', headers: { 'if-none-match': etag } });
  t.is(again.statusCode, 304);
  t.is(again.body, '');
  const other = await app.inject({ url: '/page/page.css', headers: { 'if-none-match': '"other"' } });
  t.is(other.statusCode, 200);
});

test('the page › works under a prefix, whose slash its relative addresses need', async (t) => {
  const app = await server();
  t.is((await app.inject('/models/')).statusCode, 200);
  t.is((await app.inject('/models/page/app.js')).statusCode, 200);
  const { statusCode, headers } = await app.inject('/models?a=1');
  t.is(statusCode, 308);
  t.is(headers.location, 'models/?a=1');
});
