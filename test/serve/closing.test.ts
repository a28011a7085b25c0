import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { FullyConnectedLayer, HyperParameters, Tensor } from 'blasnet';
import { startServer } from 'blasnet/serve';
import { answersWhileClosing, GatedNet, type InferAnswer, inputOf, until } from '../support/serving.js';

function gatedNet(): GatedNet {
  const net = new GatedNet(new HyperParameters({ netType: 'fitting' }), 'net');
  net
    .addLayer(new FullyConnectedLayer(1, 1), 'fc')
    .getLayer('fc')
    .setWeights({ W: Tensor.from([[2]]) });
  return net;
}

interface Reply {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly outputs: readonly unknown[];
}

/** A request with one number, on a connection that the client would keep. */
async function infer(url: string, agent: Agent, value: number): Promise<Reply> {
  const request = httpRequest(`${url}/v2/models/m/infer`, { method: 'POST', agent });
  request.end(JSON.stringify(inputOf([value], [1, 1])));
  const [response] = await once(request, 'response');
  const { outputs } = JSON.parse(await text(response)) as InferAnswer;
  return { status: response.statusCode, connection: response.headers.connection, outputs: outputs[0]!.data };
}

function keptConnections(t: ExecutionContext): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  t.teardown(() => agent.destroy());
  return agent;
}

/** A process of test/processes/serve.mjs and where it serves. */
async function servingProcess(t: ExecutionContext, ...args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, ['test/processes/serve.mjs', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout!, 'data');
  const ended = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  return { child, url: String(line).trim(), ended };
}

/** Waits until so many rows wait or are computed. */
const rowsInQueue = (url: string, rows: number) =>
  until(async () => (await (await fetch(`${url}/metrics`)).text()).includes(`blasnet_queue_rows{model="m"} ${rows}\n`));

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} › requests under way are answered, then the process ends with 0`, async (t) => {
    const { child, url, ended } = await servingProcess(t);
    const agent = keptConnections(t);
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const answers = values.map((value) => infer(url, agent, value));
    await rowsInQueue(url, 10);
    child.kill(signal);
    const replies = await Promise.all(answers);
    t.deepEqual(
      replies.map(({ status, outputs }) => ({ status, outputs })),
      values.map((value) => ({ status: 200, outputs: [2 * value] })),
    );
    // The first batch may be answered before the signal comes.
    t.true(replies.slice(4).every(({ connection }) => connection === 'close'));
    t.deepEqual(await ended, [0, null]);
    await t.throwsAsync(fetch(`${url}/v2`));
  });
}

test('after drainMs, requests under way are cut off', async (t) => {
  const { child, url, ended } = await servingProcess(t, '1');
  const answer = infer(url, keptConnections(t), 1);
  await rowsInQueue(url, 1);
  child.kill('SIGTERM');
  await t.throwsAsync(answer, { code: 'ECONNRESET' });
  t.deepEqual(await ended, [0, null]);
});

test('while the server drains it is not ready, and takes no connections', async (t) => {
  const net = gatedNet();
  const server = await startServer({ models: [{ name: 'm', net }], port: 0, drainMs: 600_000 });
  net.close();
  const answer = infer(server.url, keptConnections(t), 4);
  await until(() => net.batches.length === 1);
  const { port, hostname } = new URL(server.url);
  // A request that has begun when the server closes, and is complete only then.
  const socket = connect(Number(port), hostname);
  socket.write('GET /v2/health/ready HTTP/1.1\r\nHost: test\r\n');
  await fetch(`${server.url}/v2/health/live`);
  const closed = server.close();
  t.is(server.close(), closed);
  await until(async () =>
    fetch(`${server.url}/v2`).then(
      () => false,
      () => true,
    ),
  );
  socket.write('\r\n');
  t.regex(await text(socket), /^HTTP\/1.1 503 .*connection: close.*\{"ready":false\}$/is);
  net.release();
  t.deepEqual(await answer, { status: 200, connection: 'close', outputs: [8] });
  await closed;
});

test('connections that the system has made but the server has not accepted are answered', async (t) => {
  const server = await startServer({ models: [{ name: 'm', net: gatedNet() }], port: 0, drainMs: 600_000 });
  for (const answer of await answersWhileClosing(server))
    t.regex(answer, /^HTTP\/1.1 200 .*connection: close.*"data":\[2\]/is);
});

test('connections that clients keep, used or not, do not hold the server up', async (t) => {
  const server = await startServer({ models: [{ name: 'm', net: gatedNet() }], port: 0, drainMs: 600_000 });
  const { port, hostname } = new URL(server.url);
  const unused = connect(Number(port), hostname);
  await once(unused, 'connect');
  t.is((await infer(server.url, keptConnections(t), 1)).connection, 'keep-alive');
  await server.close();
  t.is(await text(unused), '');
  await t.throwsAsync(fetch(server.url));
});

test('while a model loads the server lives, but is not ready', async (t) => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const net = gatedNet();
  net.close();
  const starting = startServer({ models: [{ name: 'm', net }], port });
  const status = async (path: string, method = 'GET') =>
    (await fetch(`http://127.0.0.1:${port}/v2/${path}`, { method })).status;
  await until(() =>
    status('health/live').then(
      (code) => code === 200,
      () => false,
    ),
  );
  t.is(await status('health/ready'), 503);
  t.is(await status('models/m/ready'), 503);
  t.is(await status('models/m/infer', 'POST'), 503);
  t.is(await status('models/m'), 503);
  net.release();
  const server = await starting;
  t.teardown(() => server.close());
  t.is(await status('health/ready'), 200);
  t.is(await status('models/m/ready'), 200);
});
