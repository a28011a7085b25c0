import type { DType, PredictionJob, PredictionResult, TrainingJob, TrainingResult } from './contender.js';
import { type DataFiles, readFloats, writeFloats } from './data.js';
import { summarize } from './statistics.js';
import { timeCalls, timeSteps } from './timing.js';
import { parameterCount, type Workload } from './workloads.js';

/** What a contender that trains step by step makes its net of. */
export interface Setup {
  readonly workload: Workload;
  /** rows×inputs, and rows×outputs. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** For each layer W[inputs×outputs], then B[outputs]. */
  readonly parameters: Float32Array;
  readonly threads: number;
  readonly dtype: DType;
}

/** A net that is trained batch by batch, and its data. */
export interface Stepper {
  /** Trains on the rows from batch × the workload's batch on; returns their loss before that, where it is wanted. */
  step(batch: number, wantsLoss: boolean): number;
  /** In the order of the setup's. */
  parameters(): Float32Array;
}

/** Seconds to warm up at least, in which V8 compiles what is hot. */
const compilation = 0.5;

/** Seconds of a step beyond which one is enough: it has warmed itself up, and interference is small beside it. */
const slowStep = 1;

/** The trial `train` of a contender that goes step by step over consecutive rows. */
export function trainBySteps(create: (setup: Setup) => Stepper | Promise<Stepper>) {
  return async (job: TrainingJob): Promise<TrainingResult> => {
    const { workload, check, seconds } = job;
    const start = async (data: DataFiles) => create({ ...job, ...(await readSetup(job, data)) });
    let checkLoss: number | undefined;
    let lastStep = 0; // of the check, in milliseconds
    if (check) {
      const stepper = await start(check.data);
      const losses = Array.from({ length: workload.checkSteps }, (_, i) => {
        const started = performance.now();
        const loss = stepper.step(i, true);
        lastStep = performance.now() - started;
        return loss;
      });
      checkLoss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      await writeFloats(check.out, stepper.parameters());
    }
    const isSlow = lastStep > slowStep * 1000;
    const timed = isSlow ? oneStep(lastStep) : seconds > 0 ? await timeTraining(job, await start(job.data)) : {};
    return { steps: 0, microsecondsPerStep: 0, ...timed, ...(checkLoss !== undefined && { checkLoss }) };
  };
}

const oneStep = (milliseconds: number) => ({ steps: 1, microsecondsPerStep: milliseconds * 1000, isHasty: true });

/** Steps over the batches in turn: one if it is slow, or as many as take the time after some to warm up. */
function timeTraining({ workload, data, seconds }: TrainingJob, stepper: Stepper) {
  const batches = Math.floor(data.rows / workload.batch);
  let next = 0;
  const step = () => {
    stepper.step(next++ % batches, false);
  };
  const started = performance.now();
  step();
  const first = performance.now() - started;
  if (first > slowStep * 1000) return oneStep(first);
  timeSteps(step, Math.max(seconds / 4, compilation));
  return timeSteps(step, seconds);
}

/** Gives the first rows of the data to a net: rows×outputs come back, at once or later. */
export type Predictor = (rows: number) => () => ArrayLike<number> | Promise<ArrayLike<number>>;

/** The trial `predict` of a contender that makes its own inputs out of the rows it is given. */
export function predictByCalls(create: (setup: Setup & PredictionJob) => Predictor | Promise<Predictor>) {
  return async (job: PredictionJob): Promise<PredictionResult> => {
    const predictor = await create({ ...job, ...(await readSetup(job, job.data)) });
    const results = [];
    for (const rows of job.rows) {
      const call = predictor(rows);
      const output = Array.from(await call());
      await timeCalls(call, Math.max(job.seconds / 5, compilation / 2));
      results.push({ times: summarize(await timeCalls(call, job.seconds)), output });
    }
    return results;
  };
}

async function readSetup({ workload, weights }: { workload: Workload; weights: string }, { x, y }: DataFiles) {
  const parameters = await readFloats(weights);
  if (parameters.length !== parameterCount(workload)) {
    throw new RangeError(`Expected ${parameterCount(workload)} parameters but received ${parameters.length}`);
  }
  return { x: await readFloats(x), y: await readFloats(y), parameters };
}
