import { DataReader, type RowBatch, type StreamOptions, Tensor } from 'blasnet';
import { soleRows } from '#blasnet/data/part';

/** Rows of features and labels as a stream gives them. */
export const batch = (x: number[][], y: number[][]): RowBatch => ({ x: Tensor.from(x), y: Tensor.from(y) });

/** Six rows in three batches, the last one empty; labels are 0, 1, 2, 2, 0, 2. */
export const six = [
  batch(
    [
      [0, 5, -1],
      [4, 5, 1],
      [2, 5, 0],
    ],
    [[0], [1], [2]],
  ),
  batch(
    [
      [1, 5, 0],
      [3, 5, 0],
      [8, 5, 1],
    ],
    [[2], [0], [2]],
  ),
  { x: Tensor.zeros([0, 3]), y: Tensor.zeros([0, 1]) },
];

/** A reader of those batches, once it has read them. */
export async function read(batches: readonly RowBatch[], options?: StreamOptions): Promise<DataReader> {
  const reader = DataReader.fromBatches(() => batches, options);
  await reader.readData();
  return reader;
}

/** All rows of one epoch, as training gets them. */
export async function epochOf(reader: DataReader): Promise<{ x: number[][]; y: number[][] }> {
  const rows: { x: number[][]; y: number[][] } = { x: [], y: [] };
  const parts = reader.trainingStream!.open();
  for await (const part of { [Symbol.asyncIterator]: () => parts }) {
    for (const [which, side] of [['x', 'inputs'] as const, ['y', 'targets'] as const]) {
      const { data, count, rowShape } = soleRows(part, side, which);
      rows[which].push(...(Tensor.from(data as Float32Array, [count, ...rowShape]).toArray() as number[][]));
    }
  }
  return rows;
}
