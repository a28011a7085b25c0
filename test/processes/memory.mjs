// Prints by how many megabytes the process grows over 100 small trainings, once it has found its size.
import { pause, setUp } from './common.mjs';

async function train() {
  const { net, reader } = setUp({ sizes: [64, 64, 1], maxEpoch: 2, rows: 2000 });
  await net.train(reader, { checkpoint: 0.5 });
  net.inference(reader.xTrain);
  await net.inferenceAsync(reader.xTrain);
}

async function size() {
  // What C++ let go of is freed after the next turn of the event loop, and a replay before its plans.
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await pause(5);
  }
  return process.memoryUsage.rss() / 2 ** 20;
}

for (let i = 0; i < 200; i++) await train();
const before = await size();
for (let i = 0; i < 100; i++) await train();
console.log(JSON.stringify({ grown: (await size()) - before }));
