import test from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
import { startServer } from 'blasnet/serve';
import { inputOf } from '../support/serving.js';

test('requests that pages of other sites make are refused, those of other clients and of the own page are not', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
  net.addLayer(new FullyConnectedLayer(1, 1));
  const server = await startServer({ models: [{ name: 'm', net }], port: 0 });
  t.teardown(() => server.close());
  const infer = (headers: Record<string, string>) =>
    server.app.inject({
      method: 'POST',
      url: '/v2/models/m/infer',
      headers,
      payload: JSON.stringify(inputOf([1], [1, 1])),
    });
  for (const site of ['cross-site', 'same-site']) {
    const { statusCode, body } = await infer({ 'sec-fetch-site': site });
    t.is(statusCode, 403);
    t.deepEqual(JSON.parse(body), {
      error: `Expected a request from a page of this server but received one from a ${site} page`,
    });
  }
  for (const headers of [{}, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]) {
    t.is((await infer(headers)).statusCode, 200);
  }
  t.is((await server.app.inject({ url: '/v2', headers: { 'sec-fetch-site': 'cross-site' } })).statusCode, 200);
});
