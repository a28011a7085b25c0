// Prints the memory of this process in MiB as JSON. `stream`: before and after many steps of a stream. `training`: the peak of a
// training on one long sequence, beyond that of a short one, and what its activations take. Run with --expose-gc.
import { setTimeout as sleep } from 'node:timers/promises';
import { DataReader, FullyConnectedLayer, HyperParameters, LstmLayer, NeuralNet, setThreads, Tensor } from 'blasnet';
import type { MemoryFigures } from '../sequences/memory.js';

const [features, units, longest, streamed] = [16, 256, 10_000, 100_000];
const mebibyte = 2 ** 20;

function net(): NeuralNet {
  const params = new HyperParameters({
    netType: 'fitting',
    optimizer: 'sgd',
    learningRate: 1e-3,
    batchSize: 1,
    maxEpoch: 2,
  });
  return new NeuralNet(params, 'lstm').addLayer(new LstmLayer(units)).addLayer(new FullyConnectedLayer(1));
}

/** Resident memory once garbage is gone. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  return process.memoryUsage().rss / mebibyte;
}

async function streaming(): Promise<Partial<MemoryFigures>> {
  const built = net();
  built.inference(Tensor.zeros([1, 1, features])); // layers take their sizes from it
  const stream = built.stream();
  const step = new Float32Array(features);
  const go = (count: number) => {
    for (let i = 0; i < count; i++) {
      step.fill(Math.sin(i));
      stream.step(step);
    }
  };
  go(1000);
  const streamBefore = await memory();
  go(streamed);
  return { streamBefore, streamAfter: await memory() };
}

/** The most memory that this process had. */
const peak = () => (process.resourceUsage().maxRSS * 1024) / mebibyte;

async function training(): Promise<Partial<MemoryFigures>> {
  const train = (steps: number) => {
    const xTrain = Tensor.from(
      Float32Array.from({ length: steps * features }, (_, i) => Math.sin(i)),
      [1, steps, features],
    );
    return net().train(DataReader.fromTensors({ xTrain, yTrain: Tensor.from([[1]]) }));
  };
  await train(10);
  const before = peak();
  await train(longest);
  // Four gates, c and h of each step, as the way back needs them.
  return { trainingPeak: peak() - before, activations: (longest * 6 * units * 4) / mebibyte };
}

setThreads(1);
console.log(JSON.stringify(process.argv[2] === 'stream' ? await streaming() : await training()));
