import { Agent, request as httpRequest } from 'node:http';
import test from 'ava';
import { FullyConnectedLayer, HyperParameters, Tensor } from 'blasnet';
import { startServer } from 'blasnet/serve';
import { fittingNet, fittingReader, rowsOfNumbers } from '../support/nets.js';
import { differences } from '../support/numerics.js';
import { GatedNet, get, type InferAnswer, inputOf, post, servingApp, until } from '../support/serving.js';

const infer = '/v2/models/m/infer';

function gatedNet(): GatedNet {
  const net = new GatedNet(new HyperParameters({ netType: 'fitting' }), 'net');
  net
    .addLayer(new FullyConnectedLayer(2, 1), 'fc')
    .getLayer('fc')
    .setWeights({ W: Tensor.from([[1], [10]]) });
  return net;
}

test('requests at the same time make batches, and each gets its own rows', async (t) => {
  const net = fittingNet([4, 8, 2], { seed: 5 });
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxBatch: 16 });
  const x = rowsOfNumbers(120, 4, 3);
  const expected = net.inference(x);
  const sizes = [1, 3, 16, 20, 1, 30, 2, 7, 16, 24];
  let first = 0;
  const answers = sizes.map((rows) => {
    const part = x.slice(first, first + rows);
    const y = expected.slice(first, first + rows);
    first += rows;
    return { y, answer: post(app, infer, inputOf([...part.data], [rows, 4])) };
  });
  t.is(first, 120);
  for (const { y, answer } of answers) {
    const [output] = ((await answer).json as InferAnswer).outputs;
    t.deepEqual(output!.shape, [y.rows, 2]);
    t.deepEqual(differences(Float32Array.from(output!.data as number[]), y.data, { rtol: 1e-5, atol: 1e-6 }, 'y'), []);
  }
});

test('while a batch is computed the next ones gather; a request stays together', async (t) => {
  const net = gatedNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxBatch: 4, maxDelayMs: 0 });
  net.close();
  const rows = (values: readonly number[]) =>
    post(
      app,
      infer,
      inputOf(
        values.flatMap((value) => [value, 0]),
        [values.length, 2],
      ),
    );
  const first = rows([1]);
  await until(() => net.batches.length === 1);
  const others = [rows([2, 3]), rows([4, 5, 6]), rows([7]), rows([8, 9, 10, 11, 12])];
  const metrics = async () => (await app.inject({ url: '/metrics' })).body;
  await until(async () => (await metrics()).includes('blasnet_queue_rows{model="m"} 12\n'));
  net.release();
  const answers = await Promise.all([first, ...others]);
  t.deepEqual(
    answers.map(({ json }) => (json as InferAnswer).outputs[0]!.data),
    [[1], [2, 3], [4, 5, 6], [7], [8, 9, 10, 11, 12]],
  );
  // Batches of 1, 2, 3 + 1 and 5 rows.
  t.regex(await metrics(), /blasnet_batch_rows_sum\{model="m"\} 12\nblasnet_batch_rows_count\{model="m"\} 4\n/);
});

test('a full queue › 503 with Retry-After, and room again afterwards', async (t) => {
  const net = gatedNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxQueue: 3, maxWaitMs: 0, maxDelayMs: 0 });
  net.close();
  const two = post(app, infer, inputOf([1, 0, 2, 0], [2, 2]));
  await until(() => net.batches.length === 1);
  const { status, json, headers } = await post(app, infer, inputOf([1, 0, 2, 0], [2, 2]));
  t.is(status, 503);
  t.is(headers['retry-after'], '1');
  const error = (rows: number) =>
    `Expected room in the queue of model 'm' but ${rows} of at most 3 rows wait: try again later`;
  t.deepEqual(json, { error: error(2) });
  const one = post(app, infer, inputOf([3, 0], [1, 2]));
  await until(async () => (await app.inject({ url: '/metrics' })).body.includes('blasnet_queue_rows{model="m"} 3\n'));
  // A full queue refuses requests before it reads them.
  for (const body of ['[[', '{'.repeat(2 ** 21)]) t.deepEqual((await post(app, infer, body)).json, { error: error(3) });
  net.release();
  t.deepEqual(
    (await Promise.all([two, one])).map((answer) => answer.status),
    [200, 200],
  );
  t.is((await post(app, infer, inputOf([1, 0, 2, 0], [2, 2]))).status, 200);
  t.is((await post(app, infer, inputOf(Array(8).fill(0), [4, 2]))).status, 413);
});

test('requests wait for room in a full queue, and are answered in order', async (t) => {
  const net = gatedNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxQueue: 3, maxWaitMs: 60_000, maxDelayMs: 0 });
  net.close();
  const order: number[] = [];
  const send = async (value: number, rows: number) => {
    const { status, json } = await post(app, infer, inputOf(Array(rows).fill([value, 0]), [rows, 2]));
    order.push(value);
    return [status, (json as InferAnswer).outputs[0]!.data];
  };
  const first = send(1, 2);
  await until(() => net.batches.length === 1);
  const metrics = async (line: string) => (await app.inject({ url: '/metrics' })).body.includes(`${line}\n`);
  const others = [];
  for (const [value, rows] of [
    [2, 2],
    [3, 3],
    [4, 1],
  ] as const) {
    others.push(send(value, rows));
    await until(() => metrics(`blasnet_waiting_requests{model="m"} ${value - 1}`));
  }
  t.true(await metrics('blasnet_queue_rows{model="m"} 2'));
  net.release();
  t.deepEqual(await Promise.all([first, ...others]), [
    [200, [1, 1]],
    [200, [2, 2]],
    [200, [3, 3, 3]],
    [200, [4]],
  ]);
  t.deepEqual(order, [1, 2, 3, 4]);
  t.true(await metrics('blasnet_waiting_requests{model="m"} 0'));
});

test('a request that waits too long for room is refused by 503', async (t) => {
  const net = gatedNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxQueue: 1, maxWaitMs: 20, maxDelayMs: 0 });
  // As a connection does.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  net.close();
  const first = post(app, infer, inputOf([1, 0], [1, 2]));
  await until(() => net.batches.length === 1);
  const { status, headers } = await post(app, infer, inputOf([2, 0], [1, 2]));
  t.is(status, 503);
  t.is(headers['retry-after'], '1');
  net.release();
  t.is((await first).status, 200);
});

test('a request that takes too long › 504, computed or waiting; the latter is dropped', async (t) => {
  const net = gatedNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], timeoutMs: 1000, maxDelayMs: 0 });
  // As a connection does.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  net.close();
  const answers = [];
  // On a busy machine the time may be over before the computation begins.
  while (net.batches.length === 0) {
    const answer = post(app, infer, inputOf([1, 0], [1, 2]));
    answers.push(answer);
    let isOver = false;
    void answer.then(() => {
      isOver = true;
    });
    await until(() => isOver || net.batches.length === 1);
  }
  answers.push(post(app, infer, inputOf([2, 0], [1, 2])));
  for (const { status, json } of await Promise.all(answers)) {
    t.is(status, 504);
    t.deepEqual(json, { error: 'Expected an answer within 1000 ms but it took longer' });
  }
  net.release();
  await until(async () => (await app.inject({ url: '/metrics' })).body.includes('blasnet_queue_rows{model="m"} 0\n'));
  const { model_stats } = (await get(app, '/v2/models/m/stats')).json as { model_stats: { inference_count: number }[] };
  t.is(model_stats[0]!.inference_count, 1);
});

test("a request's own timeout, in microseconds", async (t) => {
  const net = gatedNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxDelayMs: 0 });
  net.close();
  const first = post(app, infer, inputOf([1, 0], [1, 2]));
  await until(() => net.batches.length === 1);
  const request = inputOf([2, 0], [1, 2]);
  for (const [timeout, ms] of [
    [1500, 1.5],
    [1, 0.001],
  ] as const) {
    const { status, json } = await post(app, infer, { ...request, parameters: { timeout } });
    t.is(status, 504);
    t.deepEqual(json, { error: `Expected an answer within ${ms} ms but it took longer` });
  }
  const long = [0, null, 60e6].map((timeout) => post(app, infer, { ...request, parameters: { timeout } }));
  net.release();
  t.deepEqual(
    (await Promise.all([first, ...long])).map(({ status }) => status),
    [200, 200, 200, 200],
  );
  for (const timeout of [-1, 1.5, '5', true]) {
    const { status, json } = await post(app, infer, { ...request, parameters: { timeout } });
    t.is(status, 400);
    t.regex((json as { error: string }).error, /a whole number of microseconds for parameters\.timeout but received/);
  }
});

test('a request whose client left is dropped, and its neighbours move up', async (t) => {
  const net = gatedNet();
  const { url, app, close } = await startServer({ models: [{ name: 'm', net }], port: 0, maxDelayMs: 0 });
  t.teardown(close);
  net.close();
  const agent = new Agent();
  const send = (value: number) => {
    const request = httpRequest(`${url}${infer}`, { method: 'POST', agent });
    request.on('error', () => {});
    request.end(JSON.stringify(inputOf([value, 0], [1, 2])));
    return request;
  };
  const rowsInQueue = (rows: number) =>
    until(async () => (await app.inject({ url: '/metrics' })).body.includes(`blasnet_queue_rows{model="m"} ${rows}\n`));
  send(1);
  await until(() => net.batches.length === 1);
  const gone = send(2);
  await rowsInQueue(2);
  const answer = post(app, infer, inputOf([3, 0], [1, 2]));
  await rowsInQueue(3);
  gone.destroy();
  await rowsInQueue(2);
  net.release();
  t.deepEqual(((await answer).json as InferAnswer).outputs[0]!.data, [3]);
  agent.destroy();
});

test('a net that trains is busy: 503', async (t) => {
  const net = fittingNet([4, 8, 1], { maxEpoch: 1_000_000 });
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const stop = new AbortController();
  const training = net.train(fittingReader(500, 4), { signal: stop.signal });
  const { status, json } = await post(app, infer, inputOf([1, 2, 3, 4], [1, 4]));
  stop.abort(new Error('enough'));
  await t.throwsAsync(training, { message: 'enough' });
  t.is(status, 503);
  t.regex((json as { error: string }).error, /to be idle for inferenceAsync but train runs/);
});

test('requests are answered while others predict with the net', async (t) => {
  const net = fittingNet([4, 8, 1], { seed: 1 });
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const row = [1, 2, 3, 4];
  const expected = net.inference(Tensor.from([row])).data[0]!;
  const many = rowsOfNumbers(2000, 4, 3);
  for (let i = 0; i < 10; i++) {
    const others = Promise.all([net.predict(many), net.inferenceAsync(many)]);
    const { status, json } = await post(app, infer, inputOf(row, [1, 4]));
    t.is(status, 200);
    const [output] = (json as InferAnswer).outputs;
    t.deepEqual(differences(Float32Array.from(output!.data as number[]), [expected], { rtol: 1e-5 }, 'y'), []);
    await others;
  }
});
