import { DataReader, type RowBatch, Tensor } from 'blasnet';

/** A stream of such rows, `size` in a batch, once it has been read. */
export async function streamOf(
  x: Tensor,
  y: Tensor | Readonly<Record<string, Tensor>>,
  size: number,
): Promise<DataReader> {
  const partOf = (tensor: Tensor, first: number) => tensor.slice(first, Math.min(first + size, tensor.rows)).clone();
  const labelsOf = (first: number) =>
    y instanceof Tensor
      ? partOf(y, first)
      : Object.fromEntries(Object.entries(y).map(([name, one]) => [name, partOf(one, first)]));
  const reader = DataReader.fromBatches(() =>
    Array.from(
      { length: Math.ceil(x.rows / size) },
      (_, i) => ({ x: partOf(x, i * size), y: labelsOf(i * size) }) as RowBatch,
    ),
  );
  await reader.readData();
  return reader;
}
