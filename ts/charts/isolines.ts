import type { Point } from './panel.js';

/** Values on a grid of points: `values[row * columns + column]`. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly values: ArrayLike<number>;
}

/**
 * Finds the lines on which a grid has the value `level`, in units of columns and rows, by marching squares with linear
 * interpolation. A line that ends where it began is closed; others end at the edge of the grid.
 */
export function isolines({ columns, rows, values }: Grid, level: number): Point[][] {
  // Every crossing lies on an edge of the grid, which has a number: 2 · node for the one to the right of the node,
  // 2 · node + 1 for the one below. Two crossings of a cell make a segment; segments that share an edge make a line.
  const neighbours = new Map<number, number[]>();
  const connect = (from: number, to: number) => {
    for (const [edge, other] of [
      [from, to],
      [to, from],
    ] as const) {
      neighbours.set(edge, [...(neighbours.get(edge) ?? []), other]);
    }
  };
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const node = row * columns + column;
      const above = [node, node + 1, node + columns + 1, node + columns].map((corner) => values[corner]! >= level);
      const edges = [2 * node, 2 * (node + 1) + 1, 2 * (node + columns), 2 * node + 1]; // top, right, bottom, left
      const crossed = edges.filter((_, side) => above[side] !== above[(side + 1) % 4]);
      // Where all four are crossed, the cell is a saddle: its lines separate the corners that are above.
      if (crossed.length === 4 && above[0]) crossed.push(crossed.shift()!);
      for (let i = 0; i < crossed.length; i += 2) connect(crossed[i]!, crossed[i + 1]!);
    }
  }
  const at = (edge: number): Point => {
    const node = edge >> 1;
    const [column, row] = [node % columns, Math.floor(node / columns)];
    const isBelow = edge % 2 === 1;
    const [from, to] = [values[node]!, values[node + (isBelow ? columns : 1)]!];
    const share = (level - from) / (to - from);
    return isBelow ? [column, row + share] : [column + share, row];
  };
  return chains(neighbours).map((chain) => chain.map(at));
}

/** Follows the segments: first the lines that have ends, then the closed ones. */
function chains(neighbours: ReadonlyMap<number, readonly number[]>): number[][] {
  const left = new Set(neighbours.keys());
  const ends = [...left].filter((edge) => neighbours.get(edge)!.length === 1);
  return [...ends, ...left].flatMap((start) => {
    if (!left.delete(start)) return [];
    const chain = [start];
    for (let next: number | undefined = start; next !== undefined; ) {
      next = neighbours.get(next)!.find((edge) => left.delete(edge));
      if (next !== undefined) chain.push(next);
    }
    if (neighbours.get(start)!.length === 2) chain.push(start);
    return [chain];
  });
}
