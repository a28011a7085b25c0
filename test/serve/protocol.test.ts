import { join } from 'node:path';
import test from 'ava';
import { startServer } from 'blasnet/serve';
import { temporaryFolder } from '../support/files.js';
import { classifier, fittingNet } from '../support/nets.js';
import { get, type InferAnswer, inputOf, post, servingApp } from '../support/serving.js';

const infer = '/v2/models/m/infer';
const outputNames = ({ json }: { json: unknown }) => (json as InferAnswer).outputs.map(({ name }) => name);

test('empty lists and nulls stand for what is left out', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: classifier(2, 2) }] });
  const { inputs } = inputOf([1, 2], [1, 2]);
  const requests = [
    { inputs, outputs: [] },
    { inputs, outputs: null, id: null, parameters: null },
    { inputs: inputs.map((input) => ({ ...input, parameters: null })) },
    { inputs: inputs.map((input) => ({ ...input, parameters: { binary_data_size: null } })) },
    { inputs, parameters: { binary_data_output: null, timeout: null } },
    { inputs, outputs: ['output', 'class'].map((name) => ({ name, parameters: null })) },
    { inputs, outputs: ['output', 'class'].map((name) => ({ name, parameters: { binary_data: null } })) },
  ];
  for (const request of requests) {
    const answer = await post(app, infer, request);
    t.is(answer.status, 200, JSON.stringify(request));
    t.deepEqual(outputNames(answer), ['output', 'class']);
    t.false('id' in (answer.json as object));
  }
});

test('GET /v2/ answers as /v2', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  const answer = await get(app, '/v2/');
  t.is(answer.status, 200);
  t.deepEqual(answer.json, (await get(app, '/v2')).json);
});

test('other methods are answered 405, with those that there are in Allow', async (t) => {
  const server = await startServer({ models: [{ name: 'm', net: fittingNet([2, 1]) }], port: 0 });
  t.teardown(() => server.close());
  const cases: [string, string, string][] = [
    ['POST', '/v2', 'GET, HEAD'],
    ['DELETE', '/v2/', 'GET, HEAD'],
    ['PUT', '/v2/health/live', 'GET, HEAD'],
    ['POST', '/v2/models/m', 'GET, HEAD'],
    ['GET', infer, 'POST'],
    ['HEAD', infer, 'POST'],
    ['OPTIONS', infer, 'POST'],
    ['PATCH', '/v2/models/m/versions/1/infer', 'POST'],
    ['GET', '/v2/repository/index', 'POST'],
    ['GET', '/v2/repository/models/m/unload', 'POST'],
    ['POST', '/metrics', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/page/app.js', 'GET, HEAD'],
  ];
  for (const [method, path, allow] of cases) {
    const response = await fetch(server.url + path, { method });
    t.is(response.status, 405, `${method} ${path}`);
    t.is(response.headers.get('allow'), allow);
    if (method !== 'HEAD')
      t.deepEqual(await response.json(), { error: `Expected ${allow} for the method but received ${method}` });
  }
  t.is((await fetch(`${server.url}/v3`, { method: 'POST' })).status, 404);
  t.is((await fetch(`${server.url}/v2`, { method: 'HEAD' })).status, 200);
});

test('a model is unloaded and loaded again; the server stays ready', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await fittingNet([2, 1]).save(file);
  const models = [
    { name: 'm', file },
    { name: 'memory', net: fittingNet([2, 1]) },
  ];
  const app = await servingApp(t, { models });
  const request = inputOf([1, 2], [1, 2]);
  const expected = (await post(app, infer, request)).json;
  t.deepEqual(await post(app, '/v2/repository/models/m/unload', '').then(({ status, json }) => [status, json]), [
    200,
    {},
  ]);
  for (const answer of [await post(app, infer, request), await get(app, '/v2/models/m')]) {
    t.is(answer.status, 404);
    t.deepEqual(answer.json, { error: "Expected a model that is loaded but 'm' is unloaded" });
  }
  t.is((await get(app, '/v2/models/m/ready')).status, 503);
  t.is((await get(app, '/v2/health/ready')).status, 200);
  t.deepEqual((await post(app, '/v2/repository/index', '')).json, [
    { name: 'm', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' },
    { name: 'memory', version: '1', state: 'READY', reason: '' },
  ]);
  t.is((await post(app, '/v2/repository/models/m/load', '{}')).status, 200);
  t.deepEqual((await post(app, infer, request)).json, expected);
  const kept = await post(app, '/v2/repository/models/memory/unload', '');
  t.is(kept.status, 400);
  t.deepEqual(kept.json, { error: "Expected a model with a file but 'memory' is a net in memory" });
  t.is((await post(app, '/v2/repository/models/x/unload', '')).status, 404);
});

test("statistics have the fields of Triton's extension", async (t) => {
  const models = ['m', 'n'].map((name) => ({ name, net: fittingNet([2, 1]) }));
  const app = await servingApp(t, { models });
  await post(app, infer, inputOf([1, 2, 3, 4], [2, 2]));
  await post(app, infer, inputOf([1, 2, 3, 4], [2, 2]));
  await post(app, infer, inputOf([1, 2], [1, 2]));
  await post(app, infer, '[');
  interface Durations {
    readonly [name: string]: { readonly count: number; readonly ns: number };
  }
  interface ModelStats {
    readonly name: string;
    readonly last_inference: number;
    readonly inference_count: number;
    readonly execution_count: number;
    readonly inference_stats: Durations;
    readonly batch_stats: readonly { readonly batch_size: number }[];
  }
  const all = (await get(app, '/v2/models/stats')).json as { model_stats: readonly ModelStats[] };
  t.deepEqual(
    all.model_stats.map(({ name }) => name),
    ['m', 'n'],
  );
  const [m, n] = all.model_stats;
  t.deepEqual((await get(app, '/v2/models/m/stats')).json, { model_stats: [m] });
  t.deepEqual([m!.inference_count, m!.execution_count, n!.inference_count, n!.last_inference], [5, 3, 0, 0]);
  t.true(Number.isInteger(m!.last_inference) && m!.last_inference > 1.6e12);
  const counts = Object.entries(m!.inference_stats).map(([name, duration]) => [name, duration?.count]);
  t.deepEqual(Object.fromEntries(counts), {
    success: 3,
    fail: 1,
    queue: 3,
    compute_input: 3,
    compute_infer: 3,
    compute_output: 3,
    cache_hit: 0,
    cache_miss: 0,
    latency_p99_ns: undefined,
  });
  for (const name of ['success', 'fail', 'compute_input', 'compute_infer'])
    t.true(Number.isInteger(m!.inference_stats[name]!.ns) && m!.inference_stats[name]!.ns > 0, name);
  t.deepEqual(
    m!.batch_stats.map(({ batch_size, ...times }) => [
      batch_size,
      ...Object.values(times as unknown as Durations).map(({ count }) => count),
    ]),
    [
      [1, 1, 1, 1],
      [2, 2, 2, 2],
    ],
  );
});
