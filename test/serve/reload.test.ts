import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
import { startServer } from 'blasnet/serve';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { get, type InferAnswer, inputOf, post, saveFactor, servingApp } from '../support/serving.js';

const load = '/v2/repository/models/m/load';
const infer = '/v2/models/m/infer';

const outputOf = (json: unknown) => (json as InferAnswer).outputs[0]!.data[0];

test('a model is loaded anew under load, and no request is lost', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 1);
  const server = await startServer({ models: [{ name: 'm', file }], port: 0, maxBatch: 8 });
  const agent = new Agent({ keepAlive: true });
  t.teardown(async () => {
    agent.destroy();
    await server.close();
  });
  let isDone = false;
  const seen = new Map<string, number>();
  const count = (key: string) => seen.set(key, (seen.get(key) ?? 0) + 1);
  const client = async (value: number) => {
    while (!isDone) {
      const request = httpRequest(server.url + infer, { method: 'POST', agent });
      request.end(JSON.stringify(inputOf([value, value + 0.5], [2, 1])));
      const [response] = await once(request, 'response');
      const { outputs } = JSON.parse(await text(response)) as InferAnswer;
      const [a, b] = outputs[0]!.data as number[];
      // Both rows by the same net.
      count(response.statusCode === 200 && a! / value === b! / (value + 0.5) ? `factor ${a! / value}` : 'wrong');
    }
  };
  const clients = Array.from({ length: 16 }, (_, i) => client(i + 1));
  for (const factor of [2, 4, 8, 16]) {
    await saveFactor(file, factor);
    if (factor > 4) await server.reload(factor === 8 ? 'm' : undefined);
    else t.is((await fetch(server.url + load, { method: 'POST' })).status, 200);
    const known = seen.get(`factor ${factor}`) ?? 0;
    while ((seen.get(`factor ${factor}`) ?? 0) < known + 20) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  isDone = true;
  await Promise.all(clients);
  t.is(seen.get('wrong'), undefined);
  for (const factor of [2, 4, 8, 16]) t.true(seen.get(`factor ${factor}`)! >= 20, `${factor}`);
});

test('reload › what cannot be loaded is an error with a code, and the net stays', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await saveFactor(file, 3);
  const net = await NeuralNet.load(file);
  const models = [
    { name: 'm', file },
    { name: 'memory', net },
  ];
  const server = await startServer({ models, port: 0 });
  t.teardown(() => server.close());
  await t.throwsAsync(server.reload('zz'), badArgument(/^Expected the name of a model but received 'zz'$/));
  await t.throwsAsync(server.reload(untyped(5)), badArgument(/^Expected the name of a model but received '5'$/));
  await t.throwsAsync(
    server.reload('memory'),
    badArgument(/^Expected a model with a file but 'memory' is a net in mem/),
  );
  await writeFile(file, 'nothing');
  for (const name of ['m', undefined]) await t.throwsAsync(server.reload(name), badFile(/net\.safetensors/));
  const { json } = await post(server.app, infer, inputOf([2], [1, 1]));
  t.is(outputOf(json), 6);
});

test('a bad file leaves the net that was there, and does not say where it lies', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'net.safetensors');
  await saveFactor(file, 3);
  const app = await servingApp(t, { models: [{ name: 'm', file }] });
  const before = ((await get(app, '/v2/models/m')).json as { parameters: { loaded_at: string } }).parameters.loaded_at;
  await writeFile(file, 'nothing');
  const { status, json } = await post(app, load, '');
  t.is(status, 422);
  const { error } = json as { error: string };
  t.regex(error, /net\.safetensors/);
  t.false(error.includes(folder));
  t.is(outputOf((await post(app, infer, inputOf([2], [1, 1]))).json), 6);
  await saveFactor(file, 5);
  const loads = await Promise.all([post(app, load, ''), post(app, load, {})]);
  t.deepEqual(
    loads.map((answer) => [answer.status, answer.json]),
    [
      [200, {}],
      [200, {}],
    ],
  );
  t.is(outputOf((await post(app, infer, inputOf([2], [1, 1]))).json), 10);
  const after = ((await get(app, '/v2/models/m')).json as { parameters: { loaded_at: string } }).parameters.loaded_at;
  t.true(after > before);
});

test('what cannot be loaded anew', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new FullyConnectedLayer(1, 1));
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  t.deepEqual((await post(app, load, '')).json, { error: "Expected a model with a file but 'm' is a net in memory" });
  t.is((await post(app, load, '')).status, 400);
  t.is((await post(app, '/v2/repository/models/x/load', '')).status, 404);
});
