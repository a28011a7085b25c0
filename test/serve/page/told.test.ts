import test from 'ava';
import fastify from 'fastify';
import { inferenceServer, type ServeOptions } from '#blasnet/serve/index';
import { Statistics } from '#blasnet/serve/statistics';
import { fittingNet } from '../../support/nets.js';
import { digitsNet, filmsNet, irisNet, pricesNet } from '../../support/served.js';

async function server(options: ServeOptions) {
  const app = fastify({ pluginTimeout: 0 });
  await app.register(inferenceServer, options);
  return app;
}

/** What a server says about a net. */
async function metadataOf(net: NonNullable<ServeOptions['models'][number]['net']>) {
  const app = await server({ models: [{ name: 'net', net }] });
  return (await app.inject('/v2/models/net')).json();
}

test('metadata › a column of whole texts', async (t) => {
  const { inputs } = await metadataOf(await filmsNet(t));
  t.deepEqual(inputs, [{ name: 'text', datatype: 'BYTES', shape: [-1], parameters: { text: true } }]);
});

test('metadata › names of categories, and how to say that a cell is missing', async (t) => {
  const { inputs } = await metadataOf(await pricesNet(t));
  t.deepEqual(inputs, [
    { name: 'size', datatype: 'FP64', shape: [-1], parameters: { missing: '' } },
    {
      name: 'town',
      datatype: 'BYTES',
      shape: [-1],
      parameters: { categories: ['', 'Aachen', 'Bonn', 'Celle'], missing: '' },
    },
  ]);
  t.deepEqual((await metadataOf(await irisNet())).inputs[0].parameters, {});
});

test('metadata › what pixels of images are', async (t) => {
  const { image, image_range } = (await metadataOf(await digitsNet(t))).parameters;
  t.deepEqual(image, [1, 28, 28]);
  t.deepEqual(image_range, [0, 255]);
});

test('statistics › requests, failures, times, rows of batches, and the queue', async (t) => {
  const app = await server({ models: [{ name: 'net', net: fittingNet([1, 1]) }] });
  const stats = async () => (await app.inject('/v2/models/net/stats')).json().model_stats[0];
  const before = await stats();
  t.is(before.inference_stats.latency_p99_ns, null);
  const infer = (data: number[]) =>
    app.inject({
      method: 'POST',
      url: '/v2/models/net/infer',
      payload: { inputs: [{ name: 'input', datatype: 'FP32', shape: [data.length, 1], data }] },
    });
  t.is((await infer([1, 2, 3])).statusCode, 200);
  t.is((await infer([])).statusCode, 400);
  const { inference_count, execution_count, queue_rows, inference_stats } = await stats();
  t.deepEqual([inference_count, execution_count, queue_rows], [3, 1, 0]);
  t.deepEqual([inference_stats.success.count, inference_stats.fail.count], [1, 1]);
  t.is(inference_stats.latency_p99_ns, inference_stats.success.ns); // of one request
});

test('statistics › the 99th percentile is of the latest thousand answers', (t) => {
  const statistics = new Statistics();
  const times = { rows: 1, batchRows: 1, queueMs: 0, inputMs: 0, inferMs: 0, outputMs: 0 };
  const p99 = () => statistics.toJSON().inference_stats.latency_p99_ns;
  t.is(p99(), null);
  for (let ms = 1; ms <= 100; ms++) statistics.succeeded(ms, times);
  statistics.failed(5000); // no answer
  t.is(p99(), 99e6);
  for (let i = 0; i < 1000; i++) statistics.succeeded(1 + (i % 2), times);
  t.is(p99(), 2e6);
});

test('the page › public where a token protects the rest, and absent where it is not wanted', async (t) => {
  const models = [{ name: 'net', net: fittingNet([1, 1]) }];
  const guarded = await server({ models, token: 'secret' });
  for (const url of ['/', '/page/app.js', '/page/page.css']) t.is((await guarded.inject(url)).statusCode, 200, url);
  t.is((await guarded.inject('/v2/models/net')).statusCode, 401);
  const bare = await server({ models, page: false });
  for (const url of ['/', '/page/app.js']) t.is((await bare.inject(url)).statusCode, 404, url);
});
