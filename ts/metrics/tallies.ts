// @internal
import { Tensor } from '../tensor/tensor.js';
import { classFormOf, type JudgedOutput, requireLabelForEach, Tally } from './tally.js';

/** The number of labels, Σ(a − y)², and the sums of labels and of their squares about one of them. */
export function squaredErrors(output: JudgedOutput): Tally {
  requireLabelForEach(output);
  return new Tally({
    key: 'squaredErrors',
    shape: [5],
    record: (sums, tape, { tensor: a }, y, mask) =>
      tape.run('add_squared_errors', { a, y: y.reshape(a.shape), mask, sums }),
  });
}

/** The number of labels, Σ|a − y| and Σ|a − y| / |y|. */
export function absoluteErrors(output: JudgedOutput): Tally {
  requireLabelForEach(output);
  return new Tally({
    key: 'absoluteErrors',
    shape: [3],
    record: (sums, tape, { tensor: a }, y, mask) =>
      tape.run('add_absolute_errors', { a, y: y.reshape(a.shape), mask, sums }),
  });
}

/** The number of rows, and of those whose class is among the k largest outputs. */
export function hits(output: JudgedOutput, k: number): Tally {
  const { matrices } = classFormOf(output);
  return new Tally({
    key: `hits ${k}`,
    shape: [2],
    record: (sums, tape, { tensor }, y, mask) => tape.run('count_hits', { ...matrices(tensor, y), mask, k, sums }),
  });
}

/** The number of rows, and of right answers as shares of their rows. */
export function rounded(output: JudgedOutput, threshold: number): Tally {
  requireLabelForEach(output);
  return new Tally({
    key: `rounded ${threshold}`,
    shape: [2],
    record: (sums, tape, { tensor: a }, y, mask) =>
      tape.run('count_rounded', { a, y: y.reshape(a.shape), mask, threshold, sums }),
  });
}

/** For each class, how often it was found rightly, found, and there. */
export function classCounts(output: JudgedOutput, threshold: number): Tally {
  const { isByOutput, width, matrices } = classFormOf(output);
  const byOutput = Number(isByOutput);
  return new Tally({
    key: `classCounts ${threshold}`,
    shape: [width, 3],
    record: (counts, tape, { tensor }, y, mask) =>
      tape.run('count_classes', { ...matrices(tensor, y), mask, threshold, byOutput, counts }),
  });
}

/** The rows by their class, and by the class of the outputs. */
export function confusions(output: JudgedOutput, threshold: number): Tally {
  const { width, matrices } = classFormOf(output);
  const classes = Math.max(2, width);
  return new Tally({
    key: `confusions ${threshold}`,
    shape: [classes, classes],
    record: (counts, tape, { tensor }, y, mask) =>
      tape.run('count_confusions', { ...matrices(tensor, y), mask, threshold, counts }),
  });
}

/** The number of rows, then for each class the areas below its ROC curve and below precision and recall. */
export function rankAreas(output: JudgedOutput): Tally {
  const { isByOutput, width, steps, areNumbers, matrices } = classFormOf(output);
  const [rows, byOutput] = [output.rows * steps, Number(isByOutput)];
  const scores = Tensor.zeros([rows, width], output.dtype);
  const labels = Tensor.zeros([rows, areNumbers ? 1 : width], output.dtype);
  const parts = ({ data }: { readonly data: unknown }) => {
    const sums = data as Float64Array;
    return {
      place: { data: sums.subarray(0, 1), shape: [1] },
      areas: { data: sums.subarray(1), shape: [width, 2] },
    };
  };
  return new Tally({
    key: 'rankAreas',
    shape: [1 + 2 * width],
    record: (sums, tape, { tensor }, y, mask) =>
      tape.run('keep_scores', { ...matrices(tensor, y), mask, scores, labels, place: parts(sums).place }),
    finish: (sums, runner) => runner.run('rank_scores', { scores, labels, byOutput, ...parts(sums) }),
  });
}
