import { opsOn } from '../ops/ops.js';
import type { Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import type { Runner } from '../runtime/runner.js';
import { sizeOf, type Tensor } from '../tensor/tensor.js';

/** Rows of a batch, one after the other. */
export interface RowRange {
  /** Rows of the batch before them. */
  readonly offset: number;
  readonly rows: number;
}

/** The form of an output: its own numbers, or the logits that it is made of. */
export interface OutputForm {
  readonly rowShape: readonly number[];
  readonly kind: 'softmax' | 'sigmoid' | undefined;
  /** The row shape of what is kept. */
  readonly keptShape: readonly number[];
  /** Steps of its mask. */
  readonly steps: number | undefined;
}

export function formOf({ shape, logits, mask }: Value): OutputForm {
  const rowShape = shape.slice(1);
  const isByRow = logits !== undefined && logits.z.shape[0] === shape[0];
  return {
    rowShape,
    kind: isByRow ? logits.kind : undefined,
    keptShape: isByRow ? logits.z.shape.slice(1) : rowShape,
    steps: mask?.shape[1],
  };
}

/** The outputs of a whole batch, of which each process computes a part. */
export class WholeOutputs {
  readonly #runner: Runner;
  readonly #forms: readonly OutputForm[];
  readonly #rows: number;
  readonly #kept: readonly { readonly numbers: Tensor; readonly mask: Tensor | undefined }[];

  constructor(runner: Runner, forms: readonly OutputForm[], rows: number) {
    this.#runner = runner;
    this.#forms = forms;
    this.#rows = rows;
    this.#kept = forms.map(({ keptShape, steps }) => ({
      numbers: runner.tensor([rows, sizeOf(keptShape)]),
      mask: steps === undefined ? undefined : runner.tensor([rows, steps]),
    }));
  }

  /** Records the kernels that keep the outputs of a part. */
  store({ offset, rows }: RowRange, values: readonly Value[]): void {
    for (const [i, value] of values.entries()) {
      const { numbers, mask } = this.#kept[i]!;
      const from = this.#forms[i]!.kind ? value.logits!.z : value;
      const a = from.tensor.reshape([rows, numbers.rowSize]);
      this.#runner.run('store_rows', { a, firstRow: offset, target: numbers });
      if (mask) this.#runner.run('store_rows', { a: value.mask!.tensor, firstRow: offset, target: mask });
    }
  }

  /**
   * Records the kernels that bring the outputs of all processes together.
   * @param count - pieces of nearly the same length that the batch is cut into; each process has as many of them
   */
  exchange({ exchange, count }: { readonly exchange: number | undefined; readonly count: number }): void {
    if (exchange === undefined) return;
    for (const { numbers, mask } of this.#kept) {
      for (const rows of mask ? [numbers, mask] : [numbers]) {
        this.#runner.run('gather_shards', { rows, shards: count, communicator: exchange });
      }
    }
  }

  /** The outputs as a net would have them that computes these rows at once: by default the whole batch. */
  values(tape: Tape, range: RowRange = { offset: 0, rows: this.#rows }): readonly Value[] {
    const ops = opsOn(tape);
    return this.#forms.map(({ kind, rowShape, keptShape }, i) => {
      const { numbers, mask } = this.#kept[i]!;
      const kept = new Value(this.#part(numbers, range).reshape([range.rows, ...keptShape]));
      const value = kind === 'softmax' ? ops.softmax(kept) : kind === 'sigmoid' ? ops.sigmoid(kept) : kept;
      const output = keptShape.join() === rowShape.join() ? value : tape.view(value, [range.rows, ...rowShape]);
      output.logits = value.logits;
      output.mask = mask && new Value(this.#part(mask, range));
      return output;
    });
  }

  #part(source: Tensor, { offset, rows }: RowRange): Tensor {
    if (rows === this.#rows) return source;
    const x = this.#runner.tensor([rows, source.rowSize]);
    this.#runner.run('copy_rows', { source, firstRow: offset, divisor: 1, x });
    return x;
  }
}
