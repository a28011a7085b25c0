// A worker that is terminated in the middle of training; this thread then trains on.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { pause, setUp } from './common.mjs';

if (isMainThread) {
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(new URL(import.meta.url));
    await once(worker, 'message');
    await pause(5 * i);
    console.log(`ended with ${await worker.terminate()}`);
  }
  const { net, reader } = setUp({ maxEpoch: 2 });
  console.log(`iterations ${(await net.train(reader)).iterations}`);
} else {
  const { net, reader } = setUp({ sizes: [64, 256, 256, 1] });
  void net.train(reader, { onProgress() {} });
  parentPort.postMessage('training');
}
