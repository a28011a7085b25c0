import { join } from 'node:path';
import test from 'ava';
import { versions } from 'blasnet';
import { inferenceServer, type ServedModel, startServer } from 'blasnet/serve';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { classifier, fittingNet } from '../support/nets.js';
import { get, inputOf, patientApp, post, servingApp } from '../support/serving.js';

test('health, and what the server is', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  t.is((await get(app, '/v2/health/live')).status, 200);
  t.is((await get(app, '/v2/health/ready')).status, 200);
  t.deepEqual((await get(app, '/v2')).json, {
    name: 'blasnet',
    version: versions.blasnet,
    extensions: ['binary_tensor_data', 'model_repository', 'sequence', 'statistics'],
  });
});

test('metadata of a classifier of images', async (t) => {
  const net = classifier(4, 2);
  net.preparation = { inputShape: [4], image: [1, 2, 2], classes: ['cat', 'dog'] };
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { json } = await get(app, '/v2/models/m');
  const { loaded_at, ...parameters } = (json as { parameters: Record<string, unknown> }).parameters;
  t.false(Number.isNaN(Date.parse(loaded_at as string)));
  t.deepEqual(
    { ...(json as object), parameters },
    {
      name: 'm',
      versions: ['1'],
      platform: 'blasnet',
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [
        { name: 'output', datatype: 'FP32', shape: [-1, 2] },
        { name: 'class', datatype: 'BYTES', shape: [-1] },
      ],
      parameters: { net_type: 'multipleClassifier', image: [1, 2, 2], image_range: [0, 255], classes: ['cat', 'dog'] },
    },
  );
});

test('metadata of a net with raw columns, in double precision', async (t) => {
  const net = fittingNet([3, 2], { dtype: 'float64' });
  net.preparation = {
    inputShape: [3],
    columns: [
      { name: 'age', encoding: 'none', missingCells: [], missing: 'error' },
      { name: 'color', encoding: 'oneHot', categories: ['a', 'b'], missingCells: [], missing: 'error' },
    ],
  };
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const { inputs, outputs } = (await get(app, '/v2/models/m')).json as Record<string, unknown>;
  t.deepEqual(inputs, [
    { name: 'age', datatype: 'FP64', shape: [-1], parameters: {} },
    { name: 'color', datatype: 'BYTES', shape: [-1], parameters: { categories: ['a', 'b'] } },
  ]);
  t.deepEqual(outputs, [{ name: 'output', datatype: 'FP64', shape: [-1, 2] }]);
});

test('several models and versions; the greatest version is the default', async (t) => {
  const nets = [1, 2, 3].map((outputs) => fittingNet([2, outputs]));
  const models = [
    { name: 'a', version: '10', net: nets[0]! },
    { name: 'a', version: '9', net: nets[1]! },
    { name: 'b', net: nets[2]! },
  ];
  const app = await servingApp(t, { models });
  const outputs = async (path: string) => {
    const { json } = await post(app, `/v2/models/${path}/infer`, inputOf([1, 2], [1, 2]));
    const { model_name, model_version, outputs } = json as Record<string, unknown>;
    return [model_name, model_version, (outputs as { shape: number[] }[])[0]!.shape[1]];
  };
  t.deepEqual(await outputs('a'), ['a', '10', 1]);
  t.deepEqual(await outputs('a/versions/9'), ['a', '9', 2]);
  t.deepEqual(await outputs('b'), ['b', '1', 3]);
  t.deepEqual(((await get(app, '/v2/models/a')).json as { versions: string[] }).versions, ['9', '10']);
  t.deepEqual((await get(app, '/v2/models/a/versions/9/ready')).json, { name: 'a', ready: true });
  t.is((await get(app, '/v2/models/a/versions/8')).status, 404);
  t.deepEqual((await get(app, '/v2/models/c')).json, { error: "Expected the name of a model but received 'c'" });
  t.deepEqual(
    (await post(app, '/v2/repository/index', {})).json,
    models.map(({ name, version = '1' }) => ({ name, version, state: 'READY', reason: '' })),
  );
});

test('statistics and metrics count requests, rows and batches', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }] });
  await post(app, '/v2/models/m/infer', inputOf([1, 2, 3, 4], [2, 2]));
  await post(app, '/v2/models/m/infer', inputOf([1, 2], [1, 2]));
  await post(app, '/v2/models/m/infer', '{');
  await post(app, '/v2/models/x/infer', '{');
  const { model_stats } = (await get(app, '/v2/models/m/stats')).json as { model_stats: Record<string, unknown>[] };
  const { inference_count, execution_count, inference_stats } = model_stats[0]!;
  t.deepEqual([inference_count, execution_count], [3, 2]);
  const { success, fail } = inference_stats as Record<string, { count: number; ns: number }>;
  t.deepEqual([success!.count, fail!.count], [2, 1]);
  t.true(success!.ns > 0);
  const { body, headers } = await app.inject({ url: '/metrics' });
  t.regex(`${headers['content-type']}`, /^text\/plain/);
  for (const line of [
    'blasnet_requests_total{model="m",code="200"} 2',
    'blasnet_requests_total{model="m",code="400"} 1',
    'blasnet_requests_total{model="",code="404"} 1',
    'blasnet_request_duration_seconds_count{model="m"} 3',
    'blasnet_batch_rows_bucket{le="1",model="m"} 1',
    'blasnet_batch_rows_sum{model="m"} 3',
    'blasnet_queue_rows{model="m"} 0',
    'blasnet_models 1',
  ]) {
    t.true(body.split('\n').includes(line), `${line} in\n${body}`);
  }
});

test('token › everything but health asks for it', async (t) => {
  const app = await servingApp(t, { models: [{ name: 'm', net: fittingNet([2, 1]) }], token: 'secret' });
  const paths = ['/v2', '/v2/models/m', '/v2/models/m/stats', '/metrics'];
  const statuses = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    return Promise.all(paths.map(async (url) => (await app.inject({ url, headers })).statusCode));
  };
  for (const header of [undefined, '', 'Bearer', 'Bearer secre', 'Bearer secret2', 'Basic secret', 'secret']) {
    t.deepEqual(await statuses(header), [401, 401, 401, 401], header);
  }
  t.deepEqual(await statuses('Bearer secret'), [200, 200, 200, 200]);
  const { statusCode, headers, body } = await app.inject({ method: 'POST', url: '/v2/models/m/infer', payload: '{}' });
  t.is(statusCode, 401);
  t.is(headers['www-authenticate'], 'Bearer');
  t.regex(JSON.parse(body).error, /^Expected the server's token/);
  t.is((await app.inject({ method: 'POST', url: '/v2/repository/models/m/load' })).statusCode, 401);
  t.is((await get(app, '/v2/health/live')).status, 200);
  t.is((await get(app, '/v2/health/ready')).status, 200);
});

test("the plugin lives in a user's app, under a prefix, and leaves its other routes alone", async (t) => {
  const app = patientApp(t);
  app.post('/echo', async ({ body }) => body);
  await app.register(inferenceServer, { models: [{ name: 'm', net: fittingNet([2, 1]) }], prefix: '/nets' });
  t.is((await post(app, '/nets/v2/models/m/infer', inputOf([1, 2], [1, 2]))).status, 200);
  const { body } = await app.inject({ method: 'POST', url: '/echo', payload: { a: 1 } });
  t.is(body, '{"a":1}');
  for (const url of ['/nets', '/nets/', '/nets/v2'])
    t.is((await app.inject({ method: 'POST', url })).statusCode, 405, url);
  t.is((await app.inject({ method: 'PUT', url: '/echo' })).statusCode, 404);
});

test('a start may take as long as a busy machine makes it take', async (t) => {
  const { app, close } = await startServer({ models: [{ name: 'm', net: fittingNet([2, 1]) }], port: 0 });
  t.teardown(close);
  t.is(app.initialConfig.pluginTimeout, 0);
});

test('bad options', async (t) => {
  const net = fittingNet([2, 1]);
  const model = { name: 'm', net };
  const cases: [object, RegExp][] = [
    [{ models: [] }, /at least one model for models/],
    [{ models: [{ name: 'a/b', net }] }, /letters, digits.* for a model's name but received 'a\/b'/],
    [{ models: [{ name: '..', net }] }, /for a model's name/],
    [{ models: [{ name: 'm', net, version: '' }] }, /for a model's version/],
    [{ models: [{ name: 'm' }] }, /either a file or a net for model 'm' but received 'neither'/],
    [{ models: [{ name: 'm', net, file: 'f' }] }, /but received 'both'/],
    [{ models: [{ name: 'm', net: {} }] }, /a NeuralNet for model 'm'/],
    [{ models: [model, model] }, /different names or versions for models/],
    [{ models: [model], maxBatch: 0 }, /for maxBatch but received 0/],
    [{ models: [model], maxDelayMs: -1 }, /for maxDelayMs but received -1/],
    [{ models: [model], maxQueue: 1.5 }, /for maxQueue/],
    [{ models: [model], maxSequences: 0 }, /a whole number above 0 for maxSequences but received 0/],
    [{ models: [model], sequenceIdleMs: 2 ** 31 }, /from 1 to 2147483647 for sequenceIdleMs/],
    [{ models: [model], token: '' }, /for token/],
    [{ models: [model], page: 1 }, /true or false for page/],
    [{ models: [model], drainMs: -1 }, /for drainMs/],
    [{ models: [model], port: 'x' }, /a whole number from 0 to 65535 for port but received 'x'/],
    [{ models: [model], port: 65536 }, /for port but received 65536/],
    [{ models: [model], host: 5 }, /the name or address of a host for host but received 5/],
  ];
  for (const [options, message] of cases) {
    await t.throwsAsync(startServer({ port: 0, ...untyped<{ models: ServedModel[] }>(options) }), badArgument(message));
  }
});

test('a bad file, or a port that is taken, ends the start', async (t) => {
  const folder = await temporaryFolder(t);
  const file = await write(folder, 'net.safetensors', 'nothing');
  await t.throwsAsync(startServer({ models: [{ name: 'm', file }], port: 0 }), badFile(/net.safetensors/));
  await t.throwsAsync(startServer({ models: [{ name: 'm', file: join(folder, 'none') }], port: 0 }), badFile(/none/));
  const models = [{ name: 'm', net: fittingNet([2, 1]) }];
  const server = await startServer({ models, port: 0 });
  t.teardown(() => server.close());
  const port = Number(new URL(server.url).port);
  await t.throwsAsync(startServer({ models, port }), { code: 'EADDRINUSE' });
});
