/** Tensors in plain loops, for what operations are compared with: slow, and as short as their definitions. */

export type Index = readonly number[];

/** A shape and a function of the index. */
export interface Naive {
  readonly shape: readonly number[];
  readonly at: (index: Index) => number;
}

/** All indices of a shape in row-major order. */
export function indicesOf(shape: readonly number[]): Index[] {
  return shape.reduce<number[][]>(
    (found, length) => found.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}

export function naive(shape: readonly number[], data: ArrayLike<number>): Naive {
  return { shape, at: (index) => data[index.reduce((place, i, d) => place * shape[d]! + i, 0)]! };
}

export function numbersOf({ shape, at }: Naive): number[] {
  return indicesOf(shape).map(at);
}

/** f of each element of tensors that broadcast to one shape. */
export function each(f: (...values: number[]) => number, ...tensors: readonly Naive[]): Naive {
  const rank = Math.max(...tensors.map(({ shape }) => shape.length));
  const shape = Array.from({ length: rank }, (_, d) =>
    Math.max(...tensors.map((tensor) => tensor.shape[d - rank + tensor.shape.length] ?? 1)),
  );
  if (tensors.some((tensor) => tensor.shape.includes(0))) return { shape: shape.map(() => 0), at: () => 0 };
  const of = (tensor: Naive, index: Index) =>
    tensor.at(index.slice(rank - tensor.shape.length).map((i, d) => (tensor.shape[d] === 1 ? 0 : i)));
  return { shape, at: (index) => f(...tensors.map((tensor) => of(tensor, index))) };
}

/** f of the numbers that differ in some dimensions only; those dimensions are gone, or of length 1. */
export function over(
  f: (values: number[]) => number,
  x: Naive,
  axes: readonly number[] = x.shape.map((_, d) => d),
  keepDims = false,
): Naive {
  const whole = x.shape.map((length, d) => (axes.includes(d) ? 1 : length));
  const shape = keepDims ? whole : whole.filter((_, d) => !axes.includes(d));
  const inner = indicesOf(x.shape.map((length, d) => (axes.includes(d) ? length : 1)));
  const placed = (index: Index) => {
    let next = 0;
    return x.shape.map((_, d) => (keepDims ? index[d]! : axes.includes(d) ? 0 : index[next++]!));
  };
  return { shape, at: (index) => f(inner.map((offset) => x.at(placed(index).map((i, d) => i + offset[d]!)))) };
}

/** y[index] = x[from(index)] */
export function moved(x: Naive, shape: readonly number[], from: (index: Index) => Index): Naive {
  return { shape, at: (index) => x.at(from(index)) };
}
