import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { fittingNet, fittingReader, rowsOfNumbers } from '../support/nets.js';

test('while a wide net trains, a server on the same event loop answers another process', async (t) => {
  const net = fittingNet([784, 1024, 1024, 1], { batchSize: 256, maxEpoch: 1_000_000, learningRate: 1e-6 });
  const predictor = fittingNet([784, 16, 1]);
  const row = rowsOfNumbers(1, 784);
  const server = createServer((_, response) => response.end(String(predictor.inference(row).data[0])));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close().closeAllConnections());

  const controller = new AbortController();
  const reason = new Error('answered');
  const order: string[] = [];
  let iteration = 0;
  const training = net.train(fittingReader(2560, 784), {
    signal: controller.signal,
    checkpoint: 1e6,
    onProgress: (progress) => {
      iteration = progress.iteration;
    },
  });
  const trained = training.catch((error: unknown) => {
    order.push('end of training');
    return error;
  });
  // Asks again and again, and begins by telling that it has had fifty answers.
  const client = fork('build/dev/bench/support/asking.js', [String((server.address() as AddressInfo).port)]);
  t.teardown(() => client.kill());
  await once(client, 'message');
  order.push('answers');
  const before = iteration;
  while (iteration === before) await new Promise((resolve) => setImmediate(resolve));
  order.push('progress');
  client.send('enough');
  const [times] = (await once(client, 'message')) as [readonly number[]];
  order.push(`${times.length > 0 ? 'more' : 'no more'} answers`);
  controller.abort(reason);
  t.is(await trained, reason);
  t.deepEqual(order, ['answers', 'progress', 'more answers', 'end of training']);
});
