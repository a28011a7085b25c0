import type { Runner } from '../runtime/runner.js';
import { Tensor } from '../tensor/tensor.js';

/** The processes that share an update, as one of them sees them. */
interface Ranks {
  readonly rank: number;
  readonly size: number;
  /** The number by which kernels know the others. */
  readonly exchange?: number | undefined;
}

/** Numbers of an array, from `begin` to `end` (excluded). */
export interface NumberRange {
  readonly begin: number;
  readonly end: number;
}

/**
 * The share of one process in the update of a net's parameters: it receives sums of the gradient for its own pieces only,
 * updates these, and sends them to the others. An update of n processes takes each an n-th of the time, and sends no more
 * than sums for all would.
 */
export class UpdatePieces {
  /** Those of this process, in the block of parameters. */
  readonly own: readonly NumberRange[];
  readonly #exchange: number;
  /** The parts of the block whose gradients are summed at once, each of which has a piece for each process. */
  readonly #parts: readonly NumberRange[];

  /** @param parts - those of the gradient that are summed at once */
  constructor(gradient: Tensor, parts: readonly Tensor[], { exchange, rank, size }: Ranks) {
    const { BYTES_PER_ELEMENT: itemBytes, byteOffset } = gradient.data;
    this.#exchange = exchange!;
    this.#parts = parts.map(({ data, size: length }) => {
      const begin = (data.byteOffset - byteOffset) / itemBytes;
      return { begin, end: begin + length };
    });
    this.own = this.#parts.flatMap(({ begin, end }) => {
      const at = (of: number) => begin + pieceBegin(of, size, end - begin, itemBytes);
      return at(rank) < at(rank + 1) ? { begin: at(rank), end: at(rank + 1) } : [];
    });
  }

  /** Records the kernels that give all processes the pieces of all, of an array with the layout of the parameters. */
  gatherPass(runner: Runner, array: Tensor): void {
    for (const part of this.#parts) {
      runner.run('gather_pieces', { values: pieceOf(array, part), communicator: this.#exchange });
    }
  }
}

/** A view of some numbers of an array, as a vector. */
export function pieceOf({ data }: Tensor, { begin, end }: NumberRange): Tensor {
  return Tensor.from(data.subarray(begin, end));
}

/** The first number of a rank's piece, as the kernels for sums cut them: at lines of 64 bytes. */
export function pieceBegin(rank: number, ranks: number, count: number, itemBytes: number): number {
  const line = 64 / itemBytes;
  const even = Math.ceil(Math.floor((rank * count) / ranks) / line) * line;
  return rank === ranks ? count : Math.min(count, even);
}
