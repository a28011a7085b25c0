// Prints the event loop's delay at p99, in milliseconds, while a wide net trains for about a second on one thread, and
// while a thread that computes nothing of ours is as busy.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { setThreads } from 'blasnet';
import { pause, setUp } from './common.mjs';

async function delayOfOneSecond() {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await pause(1000);
  histogram.disable();
  // The histogram counts the timer's own millisecond, too.
  return histogram.percentile(99) / 1e6 - 1;
}

setThreads(1);
const { net, reader } = setUp({ sizes: [784, 1024, 1024, 10], rows: 2048, batchSize: 256 });
const worker = new Worker('for (;;) {}', { eval: true });
await pause(100);
const busy = await delayOfOneSecond();
await worker.terminate();

const controller = new AbortController();
const running = net.train(reader, { signal: controller.signal, onProgress() {} }).catch(() => {});
await pause(100); // recording the plan is not training
const training = await delayOfOneSecond();
controller.abort();
await running;
console.log(JSON.stringify({ busy, training }));
