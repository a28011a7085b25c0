import test from 'ava';
import { type StartOptions, startServer } from 'blasnet/serve';
import { hostNameOf, hostRule } from '#blasnet/serve/hosts';
import { inferenceServer } from '#blasnet/serve/index';
import { badArgument, untyped } from '../support/errors.js';
import { fittingNet } from '../support/nets.js';
import { inputOf, patientApp } from '../support/serving.js';

const models = [{ name: 'm', net: fittingNet([2, 1]) }];
const payload = JSON.stringify(inputOf([1, 2], [1, 2]));

test('a server of this machine answers to its own names and to addresses, not to names that were rebound to it', async (t) => {
  const { app, url, close } = await startServer({ models, port: 0 });
  t.teardown(close);
  const { port } = new URL(url);
  const status = async (host: string, path = '/v2/models/m/infer') =>
    (await app.inject({ method: path.endsWith('infer') ? 'POST' : 'GET', url: path, headers: { host }, payload }))
      .statusCode;
  for (const host of [
    'localhost',
    'LOCALHOST:1',
    `127.0.0.1:${port}`,
    '[::1]:80',
    'a.localhost',
    '127.0.0.2',
    '10.1.2.3:80',
  ])
    t.is(await status(host), 200, host);
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', '@'])
    t.is(await status(host), 421, host);
  for (const path of ['/', '/v2', '/metrics', '/v2/models/m']) t.is(await status('evil.example', path), 421, path);
  t.is(await status('evil.example', '/v2/health/live'), 200);
  const { body } = await app.inject({ url: '/v2', headers: { host: 'evil.example' } });
  t.deepEqual(JSON.parse(body), {
    error:
      "Expected a name of this server for Host but received 'evil.example': allow it by the option allowedHosts (blasnet serve --allowed-host)",
  });
});

test('allowedHosts are the names that a server answers to, beside those of this machine', async (t) => {
  const { app, close } = await startServer({ models, port: 0, host: '0.0.0.0', allowedHosts: ['api.example.com'] });
  t.teardown(close);
  const status = async (headers: Record<string, string>) => (await app.inject({ url: '/v2', headers })).statusCode;
  for (const host of ['api.example.com', 'API.example.com:443', 'api.example.com.', 'localhost:8080', '127.0.0.1'])
    t.is(await status({ host }), 200, host);
  for (const host of ['example.com', 'evil.example', '10.1.2.3']) t.is(await status({ host }), 421, host);
  // A proxy may name another host than the page's.
  t.is(await status({ host: 'localhost:8080', origin: 'https://api.example.com' }), 200);
  t.is(await status({ host: 'localhost:8080', origin: 'https://evil.example' }), 403);
});

test('rules by the address at which a server listens', (t) => {
  const answers = (address: string, ...names: string[]) => names.map(hostRule(address, undefined));
  t.deepEqual(answers('0.0.0.0', 'blasnet', 'evil.example', '10.0.0.1'), [true, true, true]);
  t.deepEqual(answers('::', 'blasnet'), [true]);
  t.deepEqual(answers('Shop.lan', 'shop.lan', 'localhost', 'evil.example'), [true, true, false]);
  t.deepEqual(answers('::1', '::1', 'fe80::1', 'evil.example'), [true, true, false]);
  const names = ['a.b', 'A.b:80', '[::1]:80', '[::1]', '::1', 'a.b:80:90', 'a.b:x', ''].map(hostNameOf);
  t.deepEqual(names, ['a.b', 'a.b', '::1', '::1', '::1', '', '', '']);
});

test('pages of other origins are refused, whatever the method; the own page is not', async (t) => {
  const { app, close } = await startServer({ models, port: 0 });
  t.teardown(close);
  const ask = async (headers: Record<string, string>, method: 'GET' | 'POST' = 'POST') => {
    const url = method === 'GET' ? '/v2' : '/v2/models/m/infer';
    const answer = await app.inject({ method, url, headers: { host: 'localhost:8080', ...headers }, payload });
    return answer.statusCode;
  };
  t.is(await ask({}), 200);
  t.is(await ask({ origin: 'http://localhost:8080' }), 200);
  t.is(await ask({ origin: 'https://page.example', 'sec-fetch-site': 'same-origin' }), 200);
  for (const origin of [
    'http://evil.example',
    'http://localhost:9090',
    'null',
    'http://localhost:8080@evil.example',
    '',
  ]) {
    t.is(await ask({ origin }), 403, origin);
    t.is(await ask({ origin }, 'GET'), 403, origin);
  }
  t.is(await ask({ origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }), 403);
});

test("in an app of one's own, hosts are checked where they are given", async (t) => {
  const statuses = async (options: Partial<StartOptions>) => {
    const app = patientApp(t);
    await app.register(inferenceServer, { models, ...options });
    const hosts = ['api.example.com', 'evil.example'];
    return Promise.all(hosts.map(async (host) => (await app.inject({ url: '/v2', headers: { host } })).statusCode));
  };
  t.deepEqual(await statuses({}), [200, 200]);
  t.deepEqual(await statuses({ allowedHosts: ['api.example.com'] }), [200, 421]);
});

test('bad allowedHosts', async (t) => {
  for (const allowedHosts of ['a.b', ['a.b:80'], ['http://a.b'], [''], [5]]) {
    const options = untyped<StartOptions>({ models, port: 0, allowedHosts });
    await t.throwsAsync(startServer(options), badArgument(/a list of host names without ports.* for allowedHosts/));
  }
});
