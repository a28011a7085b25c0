import { rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { startServer } from 'blasnet/serve';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { fittingNet } from '../support/nets.js';
import { answersWhileClosing, inputOf, saveFactor } from '../support/serving.js';
import { serving } from './workers-runs.js';

test('two workers are one server', async (t) => {
  const { server, ask, outputs } = await serving(t, { drainMs: 600_000 });
  t.deepEqual(await outputs(), [6, 6, 6, 6]);
  t.is((await ask('/v2/models/m/infer', {})).status, 400);
  // Whichever worker is asked.
  for (let i = 0; i < 2; i++) {
    const { body } = await ask('/metrics');
    for (const line of [
      'blasnet_requests_total{model="m",code="200"} 4',
      'blasnet_requests_total{model="m",code="400"} 1',
      'blasnet_request_duration_seconds_count{model="m"} 5',
      'blasnet_batch_rows_sum{model="m"} 4',
      'blasnet_models 1',
      'blasnet_workers 2',
    ])
      t.true(body.split('\n').includes(line), line);
    const { model_stats } = JSON.parse((await ask('/v2/models/m/stats')).body);
    t.is(model_stats.length, 1);
    t.is(model_stats[0].inference_count, 4);
    t.is(model_stats[0].inference_stats.success.count, 4);
    t.is(model_stats[0].inference_stats.fail.count, 1);
  }
  t.deepEqual(await ask('/v2/health/ready'), { status: 200, body: '{"ready":true}' });

  // Sequences are refused, since each is in one process.
  const sequence = { ...inputOf([3], [1, 1]), parameters: { sequence_id: 7, sequence_start: true } };
  t.deepEqual(await ask('/v2/models/m/infer', sequence), {
    status: 400,
    body: JSON.stringify({
      error:
        'Expected no sequence_id, since the state of a sequence is in one process, for a server of several workers but ' +
        'received one: serve sequences by a server with one worker',
    }),
  });
  t.false((await ask('/v2')).body.includes('sequence'));

  t.throws(() => server.app, badArgument(/Expected a server with one worker for app but received 'one with 2/));

  // A client that ends its side of the connection is answered.
  const { url } = server;
  const { port, hostname } = new URL(url);
  const half = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  half.end('GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.regex(await text(half), /^HTTP\/1.1 200 .*\{"live":true\}$/is);

  // Connections that are made but not accepted are answered, then nobody listens.
  for (const answer of await answersWhileClosing(server))
    t.regex(answer, /^HTTP\/1.1 200 .*connection: close.*"data":\[2\]/is);
  t.is(server.close(), server.close());
  t.is(server.url, url);
  await t.throwsAsync(fetch(url));
});

test('a model is loaded again and unloaded in all workers; a bad file changes nothing', async (t) => {
  const { file, server, ask, outputs } = await serving(t);
  await saveFactor(file, 5);
  t.deepEqual(await outputs(), [6, 6, 6, 6]);
  await server.reload();
  t.deepEqual(await outputs(), [15, 15, 15, 15]);
  await saveFactor(file, 7);
  t.is((await ask('/v2/repository/models/m/load', {})).status, 200);
  t.deepEqual(await outputs(), [21, 21, 21, 21]);

  await rename(file, `${file}.away`);
  t.is((await ask('/v2/repository/models/m/load', {})).status, 422);
  await t.throwsAsync(server.reload('m'), badFile(/net\.safetensors/));
  await t.throwsAsync(server.reload('x'), badArgument(/Expected the name of a model but received 'x'/));
  t.deepEqual(await outputs(), [21, 21, 21, 21]);

  t.is((await ask('/v2/repository/models/m/unload', {})).status, 200);
  t.deepEqual(await outputs(), [404, 404, 404, 404]);
  await rename(`${file}.away`, file);
  t.is((await ask('/v2/repository/models/m/load', {})).status, 200);
  t.deepEqual(await outputs(), [21, 21, 21, 21]);
});

test('options that workers cannot have are refused before any begins', async (t) => {
  const file = 'none.safetensors';
  const models = [{ name: 'm', file }];
  const refused = (options: unknown, message: RegExp) =>
    t.throwsAsync(startServer({ models, port: 0, ...untyped<object>(options) }), badArgument(message));
  for (const workers of [0, 1.5, 257, '2', null])
    await refused({ workers }, /Expected a whole number from 1 to 256 for workers/);
  await refused({ workers: 2, workerThreads: 0 }, /Expected a whole number above 0 for workerThreads/);
  await refused({ workerThreads: 2 }, /Expected no value without workers, where setThreads decides, for workerThreads/);
  await refused({ workers: 2, maxBatch: 0 }, /maxBatch/);
  const net = fittingNet([1, 1]);
  await refused({ workers: 2, models: [{ name: 'm', net }] }, /Expected a file, which each of several workers loads/);
  await refused({ workers: 2, logger: { level: 'warn', hooks: { logMethod() {} } } }, /Expected plain values.*logger/);
  await refused({ workers: 2, logger: { stream: { write() {} } } }, /Expected plain values.*logger/);
});
