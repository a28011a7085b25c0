import { BlasnetError } from '../core/errors.js';
import { oneOf } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/**
 * The state of a recurrent layer after the last step that counts, `[units]`: h, or c of an LSTM. It is applied to the
 * output of the recurrent layer; another recurrent layer takes it as the state that it begins with.
 * @example
 * ```ts
 * import { input, LastStateLayer, LstmLayer } from 'blasnet';
 *
 * const question = new LstmLayer(32).apply(input([20, 8], { name: 'question' }));
 * const states = [question, new LastStateLayer('c').apply(question)];
 * const answer = new LstmLayer(32, { returnSequences: true }).apply([input([10, 8], { name: 'answer' }), ...states]);
 * answer.rowShape; // → [ 10, 32 ]
 * ```
 */
export class LastStateLayer extends Layer {
  override readonly kind = 'last state';
  readonly state: 'h' | 'c';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but 'h' or 'c' */
  constructor(state: 'h' | 'c' = 'h') {
    super();
    this.state = oneOf('state', ['h', 'c'], state);
  }

  override get config(): LayerConfig {
    return { type: 'LastStateLayer', state: this.state };
  }

  override get parameterShapes() {
    return {};
  }

  override outputShape(...inputs: readonly RowShape[]): RowShape {
    this.buildFor(inputs);
    return inputs[0]!.slice(-1);
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(_ops: Ops, [output]: readonly Value[]): Value {
    const { states = [] } = output!;
    const found = states[this.state === 'h' ? 0 : 1];
    if (found) return found;
    const expected = this.state === 'h' ? 'a recurrent layer' : 'an LstmLayer';
    const received = states.length > 0 ? 'a layer without a state c' : 'another layer';
    throw new BlasnetError(
      'ERR_BAD_ARGUMENT',
      `Expected the output of ${expected} for last state but received that of ${received}`,
    );
  }

  protected override maskOf(): undefined {
    return undefined;
  }
}

registerLayer('LastStateLayer', ({ state }) => new LastStateLayer(state as 'h' | 'c'));
