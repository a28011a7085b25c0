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
