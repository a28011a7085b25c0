import { badArgument } from './errors.js';
import { checkOptions, fieldsOf } from './fields.js';
import type { Initializer } from './initializers/index.js';
import { EagerRunner } from './runner.js';
import { type DType, requireTensor, Tensor } from './tensor.js';

/**
 * A layer's weights or bias: values, and the gradient of the mean loss by them. What is not trainable (the running
 * statistics of batch norm) is saved and restored with the rest, but no optimizer touches it.
 */
export class Parameter {
  /** Key in `layer.weights`. */
  readonly name: string;
  /** Key in the layer's npz file. */
  readonly fileKey: string;
  readonly value: Tensor;
  /** Of the same shape; without numbers where the parameter is not trainable. */
  readonly gradient: Tensor;
  readonly trainable: boolean;
  /** True if l1 and l2 count it, as they do weights but not biases. */
  readonly penalized: boolean;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option */
  constructor(name: string, fileKey: string, shape: readonly number[], dtype: DType, options: ParameterOptions = {}) {
    checkOptions(options, ['trainable', 'penalized']);
    const { trainable = true, penalized = false } = options;
    this.name = name;
    this.fileKey = fileKey;
    this.trainable = trainable;
    this.penalized = penalized;
    this.value = Tensor.zeros(shape, dtype);
    this.gradient = Tensor.zeros(trainable ? shape : [0], dtype);
  }

  /** The same parameter in another dtype. */
  to(dtype: DType): Parameter {
    requireTensor(`the layer's ${this.name}`, this.value);
    const { trainable, penalized } = this;
    const converted = new Parameter(this.name, this.fileKey, this.value.shape, dtype, { trainable, penalized });
    converted.value.data.set(this.value.data);
    return converted;
  }
}

/** Options of a `Parameter`. */
export interface ParameterOptions {
  /** Optimizers change it; default true. */
  readonly trainable?: boolean | undefined;
  /** l1 and l2 count it; default false. */
  readonly penalized?: boolean | undefined;
}

/** The settings with which a layer creates its parameters. */
export interface ParameterSetup {
  readonly dtype: DType;
  readonly initializer: Initializer;
  readonly seed: number;
  /** Which sequence of random numbers of that seed: one for each layer of a net. */
  readonly stream: number;
}

/** Weights of shape `[fanIn, fanOut]` (or any shape of that size) and a bias of zeros, as `W` and `B`. */
export function createWeightsBias(
  setup: ParameterSetup,
  weightShape: readonly number[],
  biasShape: readonly number[],
  fans: { readonly fanIn: number; readonly fanOut: number },
): Parameter[] {
  const { initializer } = fieldsOf('setup', setup);
  if (typeof initializer?.fill !== 'function') throw badArgument("setup's initializer", 'an Initializer', initializer);
  const weights = new Parameter('W', 'weights', weightShape, setup.dtype, { penalized: true });
  const bias = new Parameter('B', 'bias', biasShape, setup.dtype);
  initializer.fill(new EagerRunner(setup.dtype), weights.value, {
    ...fieldsOf('fans', fans),
    seed: setup.seed,
    stream: setup.stream,
  });
  return [weights, bias];
}
