import type { AnyTensor } from '../tensor/tensor.js';

/** Tensors by the names of a net's inputs or outputs. */
export type NamedTensors = Readonly<Record<string, AnyTensor>>;

/** The rows of a set by the names of inputs and targets; what has no name is called ''. */
export interface NamedBatch {
  readonly inputs: NamedTensors;
  readonly targets: NamedTensors;
}
