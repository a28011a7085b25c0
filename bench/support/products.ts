// Products of matrices by the library's own kernels, on one thread. Prints JSON: {"name": …, "microseconds": […]}, the
// least of blocks of calls that a plan replays.
// Usage: node products.js <seconds> nn:64x128x784 tn:784x128x64 …   BLASNET_THREADS says how many threads, by default 1
import { type NativeCall, type NativeOperand, native } from '#blasnet/runtime/native';
import { type ProductShape, parseShape } from '../products/shapes.js';

const [secondsWord, ...words] = process.argv.slice(2);
const seconds = Number(secondsWord);
native.setThreads(Number(process.env.BLASNET_THREADS ?? 1));

/** Numbers from −1 to 1, the same in each run, at a multiple of 64 bytes. */
function factor(count: number): { memory: ArrayBuffer; offset: number } {
  const memory = new ArrayBuffer(count * 4 + 64);
  const offset = (64 - native.misalignment(memory)) % 64;
  const numbers = new Float32Array(memory, offset, count);
  for (let i = 0; i < count; i++) numbers[i] = ((i * 7919) % 2001) / 1000 - 1;
  return { memory, offset };
}

/** Steps of a replay whose plan is one product. */
function replayOf({ kind, m, n, k }: ProductShape): (steps: number) => void {
  const sizes = [kind === 'tn' ? [k, m] : [m, k], kind === 'nt' ? [n, k] : [k, n], [m, n]];
  const memory = sizes.map(([rows, columns]) => factor(rows! * columns!));
  const operands = sizes.map((shape, buffer): NativeOperand => {
    return { buffer, offset: memory[buffer]!.offset, type: 'float32', shape };
  });
  const call: NativeCall =
    kind === 'tn'
      ? { kernel: 'product_over_rows', operands: [...operands, 0] }
      : { kernel: 'product_by_rows', operands: [...operands, kind === 'nt' ? 1 : 0, 0] };
  const plan = new native.Plan(
    'float32',
    memory.map((one) => one.memory),
    [call],
  );
  const scalars = new Float64Array(Object.keys(native.scalars).length);
  const replay = new native.Replay({
    epoch: null,
    step: plan,
    last: null,
    stepsPerEpoch: Number.MAX_SAFE_INTEGER,
    batchRows: 1,
    scalars,
  });
  return (steps) => {
    const outcome = replay.runSync(0, steps, false);
    if (outcome) throw new Error(outcome.message);
  };
}

function leastMicroseconds(shape: ProductShape): number {
  const run = replayOf(shape);
  const taken = (steps: number) => {
    const start = performance.now();
    run(steps);
    return (performance.now() - start) / 1000;
  };
  let block = 1;
  while (taken(block) < 1e-3) block *= 2;
  let least = Number.POSITIVE_INFINITY;
  for (let total = 0; total < seconds; ) {
    const time = taken(block);
    least = Math.min(least, time / block);
    total += time;
  }
  return least * 1e6;
}

const shapes = words.map(parseShape);
const microseconds = shapes.map(leastMicroseconds);
console.log(JSON.stringify({ name: native.simd, microseconds }));
