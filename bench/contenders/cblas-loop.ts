import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contender, TrainingJob } from '../contender.js';
import { root } from '../root.js';

const program = join(root, 'build/cmake/cblas_loop');

/** The training step written by hand in C++, in the order of the rows: see bench/native/. */
export const contender: Contender = {
  name: 'C++ loop',
  family: 'C++',
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 2, dtype: 'float32' },
  ],
  about: async () => 'cblas calls',

  async train(job) {
    const checked = job.check && (await run(job, job.check.data.x, job.check.data.y, checkArguments(job)));
    const timed = job.seconds > 0 ? await run(job, job.data.x, job.data.y, ['--seconds', String(job.seconds)]) : {};
    const { steps = 0, microsecondsPerStep = 0 } = timed;
    return { steps, microsecondsPerStep, ...(checked?.loss !== undefined && { checkLoss: checked.loss }) };
  },
};

const checkArguments = ({ workload, check }: TrainingJob) => [
  '--steps',
  String(workload.checkSteps),
  '--out',
  check!.out,
];

async function run({ workload, weights, threads }: TrainingJob, x: string, y: string, more: readonly string[]) {
  const { widths, hidden, last, batch, optimizer, learningRate } = workload;
  const options = {
    widths: widths.join(','),
    hidden,
    last,
    batch,
    optimizer,
    rate: learningRate,
    threads,
    x,
    y,
    weights,
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await promisify(execFile)(program, ['train', ...words, ...more], {
    env: { ...process.env, OPENBLAS_NUM_THREADS: String(threads) },
  });
  return JSON.parse(stdout) as { loss?: number; steps?: number; microsecondsPerStep?: number };
}
