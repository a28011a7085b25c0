import type { AnyTensor, TensorData } from './tensor.js';

/** Tensors of more numbers than this are clipped. */
const most = 100;
/** As many elements of each list are shown then. */
const mostOfList = 6;

/** Formats the part of a tensor's text before its numbers: `Tensor(2×3, float32)`. */
export function headOf({ shape, dtype }: AnyTensor): string {
  return `Tensor(${shape.length === 0 ? 'scalar' : shape.join('×')}, ${dtype})`;
}

/** A tensor's numbers as nested lists, float32 in as few digits as it holds; at most 100 of them, whatever its size. */
export function numbersText({ shape, dtype, size, rows }: AnyTensor, data: TensorData): string {
  const longest = size > most || rows > most ? mostOfList : most;
  let left = most;
  return textOf(0, 0, size);

  /** Formats the list that begins at a place and holds so many numbers. */
  function textOf(depth: number, at: number, held: number): string {
    const length = shape[depth];
    if (length === undefined || length === 0) left--;
    if (length === undefined) return numberText(data[at]!, dtype === 'float32');
    const texts: string[] = [];
    for (let i = 0; i < length; i++) {
      if (i === longest || left === 0) {
        texts.push(`… ${length - i} more`);
        break;
      }
      texts.push(textOf(depth + 1, at + (i * held) / length, held / length));
    }
    return `[${texts.join(', ')}]`;
  }
}

/** The first of 7, 8 and 9 digits that tells a float32 from all others: 0.1, not 0.10000000149011612. */
function numberText(number: number, isSingle: boolean): string {
  for (let digits = 7; isSingle && digits <= 9; digits++) {
    const short = Number(number.toPrecision(digits));
    if (Math.fround(short) === number) return String(short);
  }
  return String(number);
}
