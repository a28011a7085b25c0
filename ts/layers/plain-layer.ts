import { badArgument, describe, shapeMismatch } from '../errors.js';
import type { Runner } from '../runner.js';
import { Tensor } from '../tensor.js';
import { Layer } from './layer.js';

/**
 * A layer in plain TypeScript: `forward` and `backward` compute the numbers themselves. A net with such a layer makes its
 * steps on the event loop's thread instead of being replayed by C++, which is slower; all else works as with other layers.
 * `backward` writes the gradients of parameters made by `createParameters` into their `gradient`.
 */
export abstract class PlainLayer extends Layer {
  override get isRecordable(): boolean {
    return false;
  }

  /** Output for the rows of x; remembers what `backward` needs. */
  abstract override forward(x: Tensor, training?: boolean): Tensor;

  /** Returns the derivative of the loss by the input of the last `forward`, from that by its output. */
  abstract override backward(delta: Tensor): Tensor;

  override forwardPass(_runner: Runner, x: Tensor, training: boolean): Tensor {
    return checked('forward', this.forward(x, training), [x.rows, ...this.outputShape(x.shape.slice(1))], x);
  }

  override backwardPass(_runner: Runner, delta: Tensor, needsInputDelta: boolean): Tensor | null {
    const dx = this.backward(delta);
    const shape = this.inputShape;
    return needsInputDelta ? checked('backward', dx, shape ? [delta.rows, ...shape] : undefined, delta) : null;
  }
}

/** Checks that the result of user code is a tensor that fits. */
function checked(pass: string, result: unknown, shape: readonly number[] | undefined, like: Tensor): Tensor {
  if (!(result instanceof Tensor)) throw badArgument(`the result of ${pass}`, 'a Tensor', result);
  if (result.dtype !== like.dtype) throw badArgument(`the result of ${pass}`, like.dtype, describe(result.dtype));
  if (shape && result.shape.join() !== shape.join()) {
    throw shapeMismatch(`the result of ${pass}`, `shape [${shape.join(', ')}]`, `[${result.shape.join(', ')}]`);
  }
  return result;
}
