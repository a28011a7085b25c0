// Two workers train at once, then this thread alone: all print the same number.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { fingerprint, setUp } from './common.mjs';

async function train() {
  const { net, reader } = setUp({ sizes: [64, 128, 128, 1], maxEpoch: 5 });
  await net.train(reader);
  return fingerprint(net);
}

if (isMainThread) {
  const workers = [0, 1].map(() => new Worker(new URL(import.meta.url)));
  const results = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
  console.log(JSON.stringify([...results, await train()]));
} else {
  parentPort.postMessage(await train());
}
