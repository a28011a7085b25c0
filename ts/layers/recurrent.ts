import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { InitMethodOptions } from '../initializers/index.js';
import { createInitializer } from '../initializers/index.js';
import { checkedRate } from '../ops/dropout-draw.js';
import type { RecurrentOptions } from '../ops/operations/index.js';
import { type Ops, tapeOf } from '../ops/ops.js';
import { Value } from '../ops/value.js';
import { arrayOf, type DType, Tensor } from '../tensor/tensor.js';
import type { CallContext } from './composition.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { sequenceIn } from './sequences.js';

/** Options of recurrent layers. */
export interface RecurrentLayerOptions {
  /** Whether the output is h of every step, `[steps, units]`, instead of the last one, `[units]`; default false. */
  readonly returnSequences?: boolean | undefined;
  /** Whether it goes from the last step to the first; outputs stay at their steps. Default false. */
  readonly reverse?: boolean | undefined;
  /** In training, the share of the inputs that become 0: the same ones at all steps of a row. Default 0. */
  readonly dropout?: number | undefined;
  /** The same for h in the recurrent product (Gal and Ghahramani 2016). Default 0. */
  readonly recurrentDropout?: number | undefined;
  /** Whether there are biases; default true. */
  readonly useBias?: boolean | undefined;
  /** How W is initialised, instead of as the net's hyperparameters set it. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** How U is initialised; default 'orthogonal'. */
  readonly recurrentInitMethod?: InitMethodOptions | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
  /** The seed of the weights, instead of the net's. */
  readonly seed?: number | undefined;
}

const optionNames = [
  'returnSequences',
  'reverse',
  'dropout',
  'recurrentDropout',
  'useBias',
  'initMethod',
  'recurrentInitMethod',
  'dtype',
  'seed',
] as const;

/** Dropout of h draws from another sequence than that of the inputs. */
const recurrentStream = 2 ** 16;

/**
 * The base of recurrent layers on rows of `[steps, features]`. Further inputs are the states before the first step, `[units]`
 * each; without them states begin as zeros. Steps that a mask leaves out change no state.
 */
export abstract class RecurrentLayer extends Layer {
  readonly units: number;
  /** The options that were given, but for `reverse`'s like: a bidirectional layer makes another one of them. */
  protected readonly options: RecurrentLayerOptions;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for units that are not a whole number above 0, and for a bad option */
  constructor(units: number, options: RecurrentLayerOptions = {}, furtherOptions: readonly string[] = []) {
    super();
    if (!Number.isInteger(units) || units < 1 || units > 2 ** 24) {
      throw badArgument('units', `a whole number from 1 to ${2 ** 24}`, units);
    }
    checkOptions(options as Record<string, unknown>, [...optionNames, ...furtherOptions]);
    for (const name of ['returnSequences', 'reverse', 'useBias'] as const) {
      const value = options[name];
      if (value !== undefined && typeof value !== 'boolean') throw badArgument(name, 'true or false', value);
    }
    for (const name of ['dropout', 'recurrentDropout'] as const) {
      const { [name]: rate = 0 } = options;
      checkedRate(name, rate);
    }
    for (const name of ['initMethod', 'recurrentInitMethod'] as const) {
      const { [name]: method = 'zero' } = options;
      createInitializer(method);
    }
    const { dtype, seed } = options;
    if (dtype !== undefined) arrayOf(dtype);
    if (seed !== undefined && (!Number.isSafeInteger(seed) || seed < 0)) {
      throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', seed);
    }
    this.units = units;
    this.options = Object.freeze({ ...options });
  }

  /** Groups of columns in the weights. */
  protected abstract get gates(): number;

  /** The states that a step hands to the next one: h, and c of an LSTM. */
  get stateCount(): number {
    return 1;
  }

  get returnSequences(): boolean {
    return this.options.returnSequences ?? false;
  }

  get reverse(): boolean {
    return this.options.reverse ?? false;
  }

  /** Records the operation with these weights. */
  protected abstract recur(
    ops: Ops,
    x: Value,
    parameters: Readonly<Record<string, Value>>,
    options: RecurrentOptions,
  ): Value;

  override get inputCount(): readonly [least: number, most: number] {
    return [1, 1 + this.stateCount];
  }

  override get inputShape(): RowShape | undefined {
    return undefined; // any number of steps
  }

  protected override get ownSetup() {
    return definedFields({ dtype: this.options.dtype, seed: this.options.seed });
  }

  override get config(): LayerConfig {
    return { type: this.constructor.name, units: this.units, ...definedFields({ ...this.options }) };
  }

  override build([row, ...states]: readonly RowShape[]): ParameterSpecs {
    const { units, gates } = this;
    const { useBias = true, initMethod, recurrentInitMethod = 'orthogonal' } = this.options;
    const [steps, features] = row!;
    const known = this.parameterShapes?.W?.[0] ?? features;
    if (row!.length !== 2 || !steps || !features || features !== known) {
      throw shapeMismatch('input', `rows of [steps, ${known ?? 'features'}]`, `rows of shape [${row!.join(', ')}]`);
    }
    const wrong = states.find((shape) => shape.length !== 1 || shape[0] !== units);
    if (wrong) throw shapeMismatch('the initial state', `rows of shape [${units}]`, `rows of shape [${wrong}]`);
    const columns = gates * units;
    return {
      W: { shape: [features, columns], init: initMethod, fans: { fanIn: features, fanOut: units } },
      U: { shape: [units, columns], init: recurrentInitMethod, fans: { fanIn: units, fanOut: units } },
      ...(useBias && this.biases(columns)),
    };
  }

  /** The biases by name. */
  protected biases(columns: number): ParameterSpecs {
    return { B: { shape: [1, columns], init: 0, penalized: false } };
  }

  override get isStepwise(): boolean {
    return !this.reverse;
  }

  override call(
    ops: Ops,
    [x, ...initialState]: readonly Value[],
    parameters: Readonly<Record<string, Value>>,
    { training, memory }: CallContext,
  ): Value {
    const { dropout = 0, recurrentDropout = 0 } = this.options;
    const { seed, stream } = this.setup;
    const [rows, , features] = x!.shape as [number, number, number];
    const factors = (shape: readonly number[], rate: number, own: number) =>
      ops.dropout(new Value(ones(shape, x!.tensor.dtype)), rate, { seed, stream: stream + own });
    const input = training && dropout > 0 ? ops.multiply(x!, factors([rows, 1, features], dropout, 0)) : x!;
    const stateFactors =
      training && recurrentDropout > 0 ? factors([rows, this.units], recurrentDropout, recurrentStream) : undefined;
    const { returnSequences, reverse, units, stateCount } = this;
    const states = Array.from({ length: stateCount }, () => [rows, units]);
    const kept = memory?.of(this, states, x!.tensor.dtype);
    if (kept && initialState.length > 0) {
      throw badArgument(`${this.kind} in a stream`, 'no input of initial states', `${initialState.length} of them`);
    }
    const output = this.recur(ops, input, parameters, {
      returnSequences,
      reverse,
      initialState: kept ? kept.map((tensor) => new Value(tensor)) : initialState,
      training,
      ...definedFields({ mask: x!.mask, stateFactors }),
    });
    // The next step begins where this one ends.
    for (const [i, tensor] of (kept ?? []).entries()) tapeOf(ops).copy(output.states![i]!.tensor, tensor, 0);
    return output;
  }

  override flopsPerRow(row: RowShape): number {
    const [steps, features] = sequenceIn(row);
    return 2 * steps * (features + this.units) * this.gates * this.units;
  }
}

function ones(shape: readonly number[], dtype: DType): Tensor {
  const tensor = Tensor.zeros(shape, dtype);
  tensor.data.fill(1);
  return tensor;
}
