import type { SequencesJob, SequencesResult } from '../contender.js';
import { readFloats } from '../data.js';
import { summarize } from '../statistics.js';
import { timeCalls } from '../timing.js';

/** The rows' numbers, and those of all parameters. */
interface Numbers {
  readonly x: Float32Array;
  readonly parameters: Float32Array;
}

/** Gives the first rows to a net; their outputs come back, at once or later. */
export type SequencePredictor = (rows: number) => () => ArrayLike<number> | Promise<ArrayLike<number>>;

interface Limits {
  /** The most rows of a call. */
  readonly most?: number;
  /** The difference, for another net. */
  readonly note?: string;
}

/** Seconds to warm up at least, in which V8 compiles what is hot. */
const compilation = 0.25;

/** The trial `sequences` of a contender that predicts only. */
export function predictSequences(
  create: (job: SequencesJob, numbers: Numbers) => SequencePredictor | Promise<SequencePredictor>,
  { most = Number.POSITIVE_INFINITY, note }: Limits = {},
) {
  return async (job: SequencesJob): Promise<SequencesResult> => {
    const numbers = { x: await readFloats(job.data.x), parameters: await readFloats(job.weights) };
    const predictor = await create(job, numbers);
    const predictions = [];
    for (const rows of job.rows.filter((count) => count <= most)) {
      const call = predictor(rows);
      const output = Array.from(await call());
      await timeCalls(call, Math.max(job.seconds / 4, compilation));
      predictions.push({ rows, times: summarize(await timeCalls(call, job.seconds / 2)), output });
    }
    return { predictions, ...(note && { note }) };
  };
}
