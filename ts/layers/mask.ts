import { badArgument, shapeMismatch } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { InputType } from '../graph/node.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Options of `MaskLayer`. */
export interface MaskOptions {
  /** Without a second input: steps whose numbers all have this value do not count; default 0. */
  readonly value?: number | undefined;
}

/**
 * Marks which steps of padded sequences count; the numbers pass unchanged. Recurrent layers, attention, pools, losses and
 * metrics leave out the others. Applied to `[x]` alone, the steps whose numbers are all `value` do not count. Applied to
 * `[x, lengths]`, where lengths is an int32 input of rows `[]`, the steps from the length on; applied to `[x, mask]`,
 * where mask has rows `[steps]`, those for which it is 0.
 * @example
 * ```ts
 * import { input, LstmLayer, MaskLayer } from 'blasnet';
 *
 * const events = input([100, 8], { name: 'events' });
 * const length = input([], { name: 'length', dtype: 'int32' }); // from 1 to 100
 * new LstmLayer(32).apply(new MaskLayer().apply([events, length])).rowShape; // → [ 32 ]
 * ```
 */
export class MaskLayer extends Layer {
  override readonly kind = 'mask';
  readonly value: number | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a value that is not a number, or an unknown option */
  constructor(options: MaskOptions = {}) {
    super();
    const { value } = fieldsOf('options', options, ['value']);
    if (value !== undefined && !Number.isFinite(value)) throw badArgument('value', 'a finite number', value);
    this.value = value;
  }

  override get config(): LayerConfig {
    return { type: 'MaskLayer', ...definedFields({ value: this.value }) };
  }

  override get inputCount(): readonly [least: number, most: number] {
    return [1, 2];
  }

  override get inputShape(): RowShape | undefined {
    return undefined;
  }

  /** The second input: lengths of int32, or a mask of numbers. */
  override inputType(input: number): InputType | undefined {
    return input === 0 ? 'float32' : undefined;
  }

  /** Lengths are from 1 to the steps. */
  override inputRange(input: number, ...[x]: readonly RowShape[]): readonly [low: number, high: number] | undefined {
    return input === 0 ? undefined : [1, x?.[0] ?? 2 ** 31 - 1];
  }

  override stepsFrom(input: number, rowShape: RowShape): 'length' | 'nonZero' | undefined {
    if (input === 0) return undefined;
    return rowShape.length === 0 ? 'length' : 'nonZero';
  }

  override get parameterShapes() {
    return {};
  }

  override build([row, second]: readonly RowShape[]): ParameterSpecs {
    const [steps] = row!;
    if (row!.length < 2)
      throw shapeMismatch('input', 'rows of [steps, features]', `rows of shape [${row!.join(', ')}]`);
    if (second && second.length > 0 && (second.length > 1 || second[0] !== steps)) {
      throw shapeMismatch('the mask', `rows of shape [${steps}], or lengths of shape []`, `[${second.join(', ')}]`);
    }
    if (second && this.value !== undefined) throw badArgument('value', 'no value beside a mask or lengths', this.value);
    return {};
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return ops.reshape(x!, x!.shape);
  }

  protected override maskOf(ops: Ops, [x, second]: readonly Value[]): Value | undefined {
    const [rows = 0, steps = 0] = x!.shape;
    const own = second ? ops.reshape(givenMask(ops, second, steps), [rows, steps]) : this.#maskOfValue(ops, x!);
    return x!.mask ? ops.multiply(own, x!.mask) : own;
  }

  #maskOfValue(ops: Ops, x: Value): Value {
    const numbers = ops.reshape(x, [x.shape[0]!, x.shape[1]!, -1]);
    return ops.max(ops.subtract(1, ops.equal(numbers, this.value ?? 0)), -1);
  }
}

function givenMask(ops: Ops, second: Value, steps: number): Value {
  if (second.dtype === 'int32' && second.rank === 1) return ops.stepMask(second, steps);
  if (second.dtype === 'int32') return ops.nonZero(second);
  if (second.rank === 1) {
    throw badArgument('the lengths', "an int32 input, as input([], { dtype: 'int32' }) makes it", 'a float one');
  }
  return ops.subtract(1, ops.equal(second, 0));
}

registerLayer('MaskLayer', (options) => new MaskLayer(options as MaskOptions));
