// @internal
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { Parameter, type ParameterSetup } from '../graph/weights-bias.js';
import { createInitializer, type InitMethodOptions } from '../initializers/index.js';
import { EagerRunner } from '../runtime/runner.js';
import { sizeOf } from '../tensor/tensor.js';

/** A parameter that a layer asks for in `build`. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  /**
   * Where it begins: an initialiser, or a number for all elements. By default the net's initialiser for two dimensions or
   * more, and zeros for fewer.
   */
  readonly init?: InitMethodOptions | number | undefined;
  /** Inputs and outputs of one unit, which the initialiser scales by; by default those of a matrix, inputs × outputs. */
  readonly fans?: { readonly fanIn: number; readonly fanOut: number } | undefined;
  /** The key in the layer's npz file; by default the parameter's name. */
  readonly fileKey?: string | undefined;
  /** Whether optimizers change it; default true. */
  readonly trainable?: boolean | undefined;
  /** Whether l1 and l2 count it; by default those of two dimensions or more. */
  readonly penalized?: boolean | undefined;
  /** How files hold the numbers; 'int8' for whole numbers from −128 to 127 that are not trained. */
  readonly storage?: 'int8' | undefined;
  /**
   * Whether an update leaves rows alone, along the first dimension, whose gradient is 0, and what the optimizer remembers of
   * them; default false. Of `adam` and `adamW`; `sgd` and `adaGrad` compute the same either way, others refuse it.
   */
  readonly lazy?: boolean | undefined;
}

/** Random numbers of the second parameter of a layer on are those of a stream so much further. */
const streamsPerNet = 2 ** 16;

const specNames = ['shape', 'init', 'fans', 'fileKey', 'trainable', 'penalized', 'storage', 'lazy'] as const;

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for a spec without a shape, or one with an unknown option */
export function createFromSpecs(specs: Readonly<Record<string, ParameterSpec>>, setup: ParameterSetup): Parameter[] {
  return Object.entries(specs).map(([name, spec], i) => {
    checkOptions(spec, specNames, `parameter ${name}`);
    const { shape, init, fileKey = name, trainable = true } = spec;
    if (!Array.isArray(shape) || shape.some((length) => !Number.isSafeInteger(length) || length < 1)) {
      throw badArgument(`the shape of parameter ${name}`, 'whole numbers above 0', JSON.stringify(shape));
    }
    const isMatrix = shape.length > 1;
    const { penalized = isMatrix && trainable } = spec;
    const { storage, lazy } = spec;
    const parameter = new Parameter(name, fileKey, shape, setup.dtype, { trainable, penalized, storage, lazy });
    if (typeof init === 'number') {
      parameter.value.data.fill(init);
    } else if (init !== undefined || isMatrix) {
      const initializer = init === undefined ? setup.initializer : createInitializer(init);
      const { fanIn, fanOut } = spec.fans ?? { fanIn: sizeOf(shape.slice(0, -1)), fanOut: shape.at(-1)! };
      initializer.fill(new EagerRunner(setup.dtype), parameter.value, {
        fanIn,
        fanOut,
        seed: setup.seed,
        stream: setup.stream + i * streamsPerNet,
      });
    }
    return parameter;
  });
}
