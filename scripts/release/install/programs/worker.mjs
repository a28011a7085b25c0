// Trains and predicts on a worker thread. Prints what use.mjs prints.
import { Worker } from 'node:worker_threads';

const worker = new Worker(new URL('./use.mjs', import.meta.url));
worker.on('error', (error) => {
  console.error(error);
  process.exitCode = 1;
});
