// Prints by how many megabytes the process grows over so many repetitions of something, once it has found its size: the
// slope of its size over rounds, in the calmest of up to three series of them. With --expose-gc, what nobody holds is
// freed before it is measured.
// Usage: node [--expose-gc] memory.mjs predictions|trainings|nets
import { Tensor } from 'blasnet';
import { pause, setUp } from './common.mjs';

/** What is repeated, how often in all, and how often before that. */
const tasks = {
  predictions() {
    const { net } = setUp({ sizes: [16, 16, 4], rows: 4 });
    const x = Tensor.from(new Float32Array(16).fill(0.5), [1, 16]);
    return { run: () => net.inference(x), count: 1_000_000, warmUp: 200_000 };
  },
  trainings() {
    const { net, reader } = setUp({ sizes: [256, 256, 256, 1], maxEpoch: 1, rows: 256 });
    const run = async () => {
      await net.train(reader, { checkpoint: 0.5 });
      net.inference(reader.xTrain);
      await net.inferenceAsync(reader.xTrain);
    };
    return { run, count: 100, warmUp: 50 };
  },
  nets() {
    const run = async () => {
      const { net, reader } = setUp({ sizes: [128, 256, 128, 1], maxEpoch: 1, rows: 32, batchSize: 32 });
      await net.train(reader);
      net.inference(reader.xTrain);
    };
    return { run, count: 1000, warmUp: 200 };
  },
};

/** Megabytes of the process, once all that nobody holds is gone, if that can be asked for. */
async function size() {
  // What C++ let go of is freed after the next turn of the event loop, and a replay before its plans.
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await pause(5);
  }
  return process.memoryUsage.rss() / 2 ** 20;
}

/** The median slope between all pairs of values: that of a line through them, whatever a few of them do. */
function slope(values) {
  const slopes = values.flatMap((a, i) => values.slice(i + 1).map((b, j) => (b - a) / (j + 1)));
  return slopes.sort((a, b) => a - b)[slopes.length >> 1];
}

const { run, count, warmUp } = tasks[process.argv[2]]();
const repeat = async (times) => {
  for (let i = 0; i < times; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
};
await repeat(warmUp);
const rounds = 10;
/** Growth over one series of rounds, with the sizes between them. */
async function series() {
  const sizes = [await size()];
  for (let i = 0; i < rounds; i++) {
    await repeat(count / rounds);
    sizes.push(await size());
  }
  return { grown: slope(sizes) * rounds, sizes: sizes.map(Math.round) };
}
// A step of an allocator in the middle of a series looks like growth; what leaks grows in each.
const small = 5; // MB
let least = await series();
for (let again = 0; again < 2 && least.grown > small; again++) {
  const next = await series();
  if (next.grown < least.grown) least = next;
}
console.log(JSON.stringify(least));
