import type { Tensor } from 'blasnet';

/** The class of each row: the column of the greatest value, or for one column whether it is above a half. */
export function classesOf(y: Tensor): number[] {
  const width = y.rowSize;
  return Array.from({ length: y.rows }, (_, i) => {
    const row = y.data.subarray(i * width, (i + 1) * width);
    return width === 1 ? Number(row[0]! > 0.5) : row.indexOf(Math.max(...row));
  });
}

/** How well numbers were predicted: R² and the mean squared error. */
export function regressionFigures(real: ArrayLike<number>, predicted: ArrayLike<number>) {
  const values = Array.from(real);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanOf = (of: (value: number, i: number) => number) =>
    values.reduce((sum, value, i) => sum + of(value, i), 0) / values.length;
  const squaredError = meanOf((value, i) => (predicted[i]! - value) ** 2);
  return { r2: 1 - squaredError / meanOf((value) => (value - mean) ** 2), squaredError };
}

/** Errors of forecasts, windows × steps: mean absolute and root mean squared error, and the former for each step. */
export function forecastErrors(real: Tensor, forecast: Tensor) {
  const steps = real.rowSize;
  const errors = Array.from(real.data, (value, i) => forecast.data[i]! - value);
  const byStep = new Array<number>(steps).fill(0);
  for (const [i, error] of errors.entries()) byStep[i % steps]! += Math.abs(error) / real.rows;
  return {
    absolute: byStep.reduce((sum, error) => sum + error) / steps,
    squared: Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length),
    byStep,
  };
}

/** Precision, recall and F1 of each class, of counts by real class (rows) and predicted class (columns). */
export function classFigures(counts: readonly (readonly number[])[]) {
  return counts.map((row, i) => {
    const right = row[i]!;
    const real = row.reduce((sum, count) => sum + count);
    const found = counts.reduce((sum, other) => sum + other[i]!, 0);
    const f1 = (2 * right) / (real + found);
    return { precision: found === 0 ? 0 : right / found, recall: right / real, f1 };
  });
}
