// @internal
import { batchPass, boundInputFor, rowsOf } from '../data/rows.js';
import type { Model } from '../net/model.js';
import { ChunkedReplay } from '../replay/chunked-replay.js';
import { BoundInput } from '../runtime/runner.js';
import {
  type AnyTensor,
  type DType,
  type FloatArray,
  isFloats,
  sizeOf,
  Tensor,
  type TensorType,
} from '../tensor/tensor.js';

/** The forward pass over rows of one shape, from any tensors to new ones. */
export class Predictor {
  readonly #dtype: DType;
  readonly #inputShapes: readonly (readonly number[])[];
  readonly #outputShapes: readonly (readonly number[])[];
  readonly #replay: ChunkedReplay;
  readonly #inputTypes: readonly TensorType[];
  /** Where the rows of inputs are bound; a single input of floats is given to each run, which costs less. */
  readonly #sources: readonly BoundInput[];
  /** Where several chunks store their outputs one behind the other. */
  readonly #targets: readonly BoundInput[];
  /** The outputs of a run with a single chunk, which the next one overwrites. */
  #outputs: readonly Tensor[] = [];

  /** @param inputs - rows in the order of the net's inputs, as an example */
  constructor({ params: { dtype }, stack }: Model, inputs: readonly AnyTensor[]) {
    const rows = inputs[0]!.rows;
    const isGiven = inputs.length === 1 && isFloats(inputs[0]!);
    const rowShapes = inputs.map(({ shape }) => shape.slice(1));
    const outputRowShapes = stack.outputShapes(...rowShapes);
    this.#dtype = dtype;
    this.#inputShapes = inputs.map(({ shape }) => shape);
    this.#inputTypes = inputs.map((x) => x.dtype);
    this.#outputShapes = outputRowShapes.map((rowShape) => Object.freeze([rows, ...rowShape]));
    this.#targets = outputRowShapes.map((rowShape) => new BoundInput([sizeOf(rowShape)], dtype));
    this.#sources = isGiven ? [] : inputs.map((x) => boundInputFor(dtype, rowsOf(x)));
    const sizes = { dtype, rows, rowBytes: stack.rowBytes(...rowShapes), isRecordable: stack.isRecordable };
    const setup = { ...sizes, kept: () => this.#outputs };
    const inputSize = isGiven ? { inputSize: sizeOf(rowShapes[0]!) } : {};
    this.#replay = new ChunkedReplay({ ...setup, ...inputSize }, (runner, count, firstRow) => {
      const batch = isGiven
        ? [runner.input([count, ...rowShapes[0]!])]
        : inputs.map((x, i) => batchPass(runner, this.#sources[i]!, rowsOf(x), { count, firstRow }));
      const results = stack.forwardPass(runner, batch, false).outputs.map(({ tensor }) => tensor);
      this.#outputs = count === rows ? results.map(({ shape }) => runner.tensor(shape)) : [];
      for (const [i, a] of results.entries()) {
        runner.run('store_rows', { a, firstRow, target: this.#outputs[i] ?? this.#targets[i]! });
      }
    });
  }

  /** Whether it takes one input and gives one output: then `predictOne` does the same, and allocates its result alone. */
  get isSingle(): boolean {
    return this.#sources.length === 0 && this.#outputShapes.length === 1 && this.#replay.chunks === 1;
  }

  takesOne(x: AnyTensor): boolean {
    return this.#sources.length === 0 && isLike(x, this.#inputShapes[0]!, this.#dtype);
  }

  predictOne(x: Tensor): Tensor {
    this.#replay.runSync(x.data as FloatArray);
    return new Tensor(this.#outputShapes[0]!, this.#dtype, { data: this.#outputs[0]!.data.slice() });
  }

  /** Tells whether the inputs have the shapes and dtype of this predictor. Allocates nothing. */
  takes(inputs: readonly AnyTensor[]): boolean {
    if (inputs.length !== this.#inputShapes.length) return false;
    for (let i = 0; i < inputs.length; i++) {
      if (!isLike(inputs[i]!, this.#inputShapes[i]!, this.#inputTypes[i]!)) return false;
    }
    return true;
  }

  /** Returns the outputs in the net's order. */
  predictSync(inputs: readonly AnyTensor[]): Tensor[] {
    const results = this.#begin(inputs);
    this.#replay.runSync(this.#given(inputs));
    return this.#end(results);
  }

  /** The memory of the inputs must stay where it is until the promise resolves. */
  async predict(inputs: readonly AnyTensor[]): Promise<Tensor[]> {
    const results = this.#begin(inputs);
    await this.#replay.run(this.#given(inputs));
    return this.#end(results);
  }

  /** The rows that a run is given, where they are not bound. */
  #given(inputs: readonly AnyTensor[]): FloatArray | undefined {
    return this.#sources.length === 0 ? (inputs[0]!.data as FloatArray) : undefined;
  }

  /** Binds the inputs, and memory for the outputs of several chunks. */
  #begin(inputs: readonly AnyTensor[]): readonly FloatArray[] | undefined {
    for (const [i, boundInput] of this.#sources.entries())
      this.#replay.bind(boundInput, inputs[i]!.data, inputs[i]!.rows);
    if (this.#replay.chunks === 1) return undefined;
    return this.#outputShapes.map((shape, i) => {
      const { data } = Tensor.zeros(shape, this.#dtype);
      this.#replay.bind(this.#targets[i]!, data, shape[0]!);
      return data;
    });
  }

  #end(results: readonly FloatArray[] | undefined): Tensor[] {
    return this.#outputShapes.map(
      (shape, i) => new Tensor(shape, this.#dtype, { data: results?.[i] ?? this.#outputs[i]!.data.slice() }),
    );
  }
}

function isLike(x: AnyTensor, shape: readonly number[], dtype: TensorType): boolean {
  if (!(x instanceof Tensor) || x.dtype !== dtype || x.shape.length !== shape.length) return false;
  for (let i = 0; i < shape.length; i++) if (x.shape[i] !== shape[i]) return false;
  return x.data.length === x.size;
}
