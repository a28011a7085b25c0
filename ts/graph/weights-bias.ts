import { badArgument } from '../core/errors.js';
import { checkOptions, fieldsOf } from '../core/fields.js';
import type { Initializer } from '../initializers/index.js';
import { EagerRunner } from '../runtime/runner.js';
import { type DType, requireTensor, sizeOf, Tensor } from '../tensor/tensor.js';

/** How training treats a layer. Its parameters share one object. */
export interface LayerLearning {
  /** False for a frozen layer: its parameters stay. */
  trainable: boolean;
  /** Multiplies the learning rate. */
  learningRateFactor: number;
}

/**
 * Weights or a bias of a layer, with the gradient of the mean loss. Optimizers leave a parameter alone that is not
 * trainable, such as the running statistics of batch norm; it is saved and loaded like the others.
 */
export class Parameter {
  /** Key in `layer.weights`. */
  readonly name: string;
  /** Key in the layer's npz file. */
  readonly fileKey: string;
  readonly value: Tensor;
  /** The gradient, of the value's shape; empty if the parameter is not trainable. */
  readonly gradient: Tensor;
  readonly trainable: boolean;
  /** True if l1 and l2 count it, as they do weights but not biases. */
  readonly penalized: boolean;
  /** How files hold the numbers, where that is not the net's dtype: 'int8' for whole numbers from −128 to 127. */
  readonly storage: 'int8' | undefined;
  /** Numbers of a row, where an update may leave rows alone whose gradient is 0; undefined where it moves all numbers. */
  readonly rowSize: number | undefined;
  /** How training treats the layer that the parameter is of. */
  learning: Readonly<LayerLearning> = { trainable: true, learningRateFactor: 1 };

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option */
  constructor(name: string, fileKey: string, shape: readonly number[], dtype: DType, options: ParameterOptions = {}) {
    checkOptions(options, ['trainable', 'penalized', 'storage', 'lazy']);
    const { trainable = true, penalized = false, storage, lazy = false } = options;
    if (storage !== undefined && (storage !== 'int8' || trainable)) {
      throw badArgument('storage', "'int8', for a parameter that is not trainable", storage);
    }
    if (typeof lazy !== 'boolean') throw badArgument('lazy', 'true or false', lazy);
    this.rowSize = lazy && shape.length > 0 ? sizeOf(shape.slice(1)) : undefined;
    this.name = name;
    this.fileKey = fileKey;
    this.trainable = trainable;
    this.penalized = penalized;
    this.storage = storage;
    this.value = Tensor.zeros(shape, dtype);
    this.gradient = Tensor.zeros(trainable ? shape : [0], dtype);
  }

  /** Whether optimizers change it now: it is trainable, and so is its layer. */
  get isTrained(): boolean {
    return this.trainable && this.learning.trainable;
  }

  /** Returns a copy of the parameter in another dtype. */
  to(dtype: DType): Parameter {
    requireTensor(`the layer's ${this.name}`, this.value);
    const { trainable, penalized, storage } = this;
    const converted = new Parameter(this.name, this.fileKey, this.value.shape, dtype, {
      ...{ trainable, penalized, storage, lazy: this.rowSize !== undefined },
    });
    converted.value.data.set(this.value.data);
    converted.learning = this.learning;
    return converted;
  }

  /** Returns the same parameter under other names: value and gradient are the same tensors. */
  renamed(name: string, fileKey: string): Parameter {
    return Object.assign(Object.create(Parameter.prototype) as Parameter, this, { name, fileKey });
  }
}

/** Options of a `Parameter`. */
export interface ParameterOptions {
  /** Optimizers change it; default true. */
  readonly trainable?: boolean | undefined;
  /** l1 and l2 count it; default false. */
  readonly penalized?: boolean | undefined;
  /** How files hold the numbers; default the net's dtype. */
  readonly storage?: 'int8' | undefined;
  /** An update leaves rows alone, along the first dimension, whose gradient is 0; default false. */
  readonly lazy?: boolean | undefined;
}

/** The settings with which a layer creates its parameters. */
export interface ParameterSetup {
  readonly dtype: DType;
  readonly initializer: Initializer;
  readonly seed: number;
  /** The sequence of random numbers of that seed; each layer of a net has its own. */
  readonly stream: number;
}

/**
 * Makes the parameters `W` of shape `weightShape`, filled by the initializer, and `B` of shape `biasShape`, filled with
 * zeros.
 * @param fans - inputs and outputs of one unit, which the initializer scales by
 */
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
