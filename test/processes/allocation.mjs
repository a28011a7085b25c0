// Prints the bytes that one prediction for a single row allocates, and those of a tensor of its result's shape.
import { Tensor } from 'blasnet';
import { setUp } from './common.mjs';

/**
 * The least of many averages: a collection in the midst of a round, or what V8 compiles, would count as well, and on a
 * busy machine V8 takes its time to compile.
 */
function bytesOf(call) {
  const calls = 1000;
  for (let i = 0; i < 20_000; i++) call();
  const rounds = Array.from({ length: 30 }, () => {
    globalThis.gc();
    const before = process.memoryUsage();
    for (let i = 0; i < calls; i++) call();
    const after = process.memoryUsage();
    return {
      heap: (after.heapUsed - before.heapUsed) / calls,
      external: (after.external - before.external) / calls,
    };
  });
  const least = (key) => Math.min(...rounds.map((round) => round[key]).filter((bytes) => bytes >= 0));
  return { heap: least('heap'), external: least('external') };
}

const { net } = setUp({ sizes: [784, 128, 64, 10], rows: 1 });
const x = Tensor.zeros([1, 784]);
console.log(
  JSON.stringify({ inference: bytesOf(() => net.inference(x)), result: bytesOf(() => Tensor.zeros([1, 10])) }),
);
