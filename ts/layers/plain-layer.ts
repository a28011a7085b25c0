import { badArgument, describe, shapeMismatch } from '../core/errors.js';
import type { InputType } from '../graph/node.js';
import type { Pass } from '../graph/pass.js';
import type { Value } from '../ops/value.js';
import { type AnyTensor, type DType, isFloats, Tensor } from '../tensor/tensor.js';
import { Layer, type RowShape } from './layer.js';

/**
 * A layer in plain TypeScript: `forward` and `backward` compute the numbers themselves. A net with such a layer makes its
 * steps on the event loop's thread instead of being replayed by C++, which is slower; all else works as with other layers.
 * `backward` writes the gradients of parameters made by `createParameters` into their `gradient`.
 */
export abstract class PlainLayer extends Layer {
  override get isRecordable(): boolean {
    return false;
  }

  /** Either: `forward` sees the type of its rows. */
  override inputType(_input: number): InputType | undefined {
    return undefined;
  }

  /** Returns the shape of one output row. */
  abstract override outputShape(input: RowShape): RowShape;

  /** Output for the rows of x; remembers what `backward` needs. */
  abstract override forward(x: Tensor, training?: boolean): Tensor;

  /** Returns the derivative of the loss by the input of the last `forward`, from that by its output. */
  abstract override backward(delta: Tensor): Tensor;

  override record(pass: Pass, [value]: readonly Value[]): Value {
    const { tape, training } = pass;
    const x = value!.tensor;
    const dtype = isFloats(x as AnyTensor) ? x.dtype : this.dtype; // class numbers are int32
    const shape = [x.rows, ...this.outputShape(x.shape.slice(1))];
    const y = checked('forward', this.forward(x, training), shape, dtype);
    const parameters = this.parameters.map((parameter) => pass.parameter(parameter));
    return tape.result(y, [value!, ...parameters], (dy) => {
      const dx = this.backward(dy);
      if (tape.needs(value!)) tape.shareGradient(value!, checked('backward', dx, x.shape, dy.dtype));
      for (const parameter of parameters) tape.hasGradient(parameter);
    });
  }
}

/** Checks that the result of user code is a tensor that fits. */
function checked(pass: string, result: unknown, shape: readonly number[], dtype: DType): Tensor {
  if (!(result instanceof Tensor)) throw badArgument(`the result of ${pass}`, 'a Tensor', result);
  if (result.dtype !== dtype) throw badArgument(`the result of ${pass}`, dtype, describe(result.dtype));
  if (result.shape.join() !== shape.join()) {
    throw shapeMismatch(`the result of ${pass}`, `shape [${shape.join(', ')}]`, `[${result.shape.join(', ')}]`);
  }
  return result;
}
