import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
import { startServer } from 'blasnet/serve';
import { LastingClients } from '../../bench/serving/lasting-clients.js';
import { inputOf, until } from '../support/serving.js';

const requests = Array.from({ length: 8 }, (_, i) => ({
  headers: { 'Content-Type': 'application/json' },
  body: Buffer.from(JSON.stringify(inputOf([i], [1, 1]))),
}));
const inferAt = (url: string) => new URL('/v2/models/m/infer', url);

/** Takes 5 ms for a batch, and notes how many rows each has. */
class SlowNet extends NeuralNet {
  override async predict(...[rows]: Parameters<NeuralNet['predict']>): ReturnType<NeuralNet['predict']> {
    const prediction = await super.predict(rows);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return prediction;
  }
}

test('ten times what the queue holds › all wait and are answered', async (t) => {
  const net = new SlowNet(new HyperParameters({ netType: 'fitting' }), 'slow').addLayer(new FullyConnectedLayer(1, 1));
  const options = { maxBatch: 4, maxQueue: 8, maxWaitMs: 60_000, timeoutMs: 600_000 };
  const server = await startServer({ models: [{ name: 'm', net }], port: 0, ...options });
  t.teardown(() => server.close());
  const clients = new LastingClients(inferAt(server.url), requests, 80);
  let most = 0;
  await until(async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    most = Math.max(most, Number(/^blasnet_queue_rows\{model="m"\} (\d+)$/m.exec(text)![1]));
    return clients.answers[200]! >= 300;
  });
  const { answers, lost } = await clients.stop();
  t.is(lost, 0);
  t.deepEqual(Object.keys(answers), ['200']);
  t.true(most <= 8, `${most}`);
});

test('ten times what the queue holds, without waiting › some are answered, all others refused, none lost', async (t) => {
  const net = new SlowNet(new HyperParameters({ netType: 'fitting' }), 'slow').addLayer(new FullyConnectedLayer(1, 1));
  const server = await startServer({ models: [{ name: 'm', net }], port: 0, maxBatch: 4, maxQueue: 8, maxWaitMs: 0 });
  t.teardown(() => server.close());
  const clients = new LastingClients(inferAt(server.url), requests, 80);
  let most = 0;
  await until(async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    most = Math.max(most, Number(/^blasnet_queue_rows\{model="m"\} (\d+)$/m.exec(text)![1]));
    return clients.answers[200]! >= 100 && clients.answers[503]! >= 100;
  });
  const { answers, lost } = await clients.stop();
  t.is(lost, 0);
  t.deepEqual(Object.keys(answers), ['200', '503']);
  t.true(most <= 8, `${most}`);
  const afterwards = await fetch(inferAt(server.url), { method: 'POST', body: requests[0]!.body });
  t.is(afterwards.status, 200);
});

test('SIGTERM under load › no request is lost', async (t) => {
  const child: ChildProcess = spawn(process.execPath, ['test/processes/serve.mjs', '600000', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout!, 'data');
  const ended = once(child, 'exit');
  const clients = new LastingClients(inferAt(String(line).trim()), requests, 32);
  await until(() => clients.answers[200]! >= 500);
  child.kill('SIGTERM');
  const { answers, lost } = await clients.ended();
  t.is(lost, 0);
  t.deepEqual(Object.keys(answers), ['200']);
  t.deepEqual(await ended, [0, null]);
});
