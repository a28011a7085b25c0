import { badArgument, describe, shapeMismatch } from '../errors.js';
import type { Runner } from '../runner.js';
import { Tensor } from '../tensor.js';
import { Layer } from './layer.js';

/**
 * A layer in plain TypeScript: its passes compute numbers themselves, in `forward` and `backward`. A net that holds one
 * steps call by call on the event loop's thread instead of being replayed by C++, which is slow; all else works as ever.
 * Gradients of parameters made by `createParameters` are to be written into their `gradient` by `backward`, as means
 * over the batch.
 */
export abstract class PlainLayer extends Layer {
  override get isRecordable(): boolean {
    return false;
  }

  /** Output for the rows of x; remembers what `backward` needs. */
  abstract override forward(x: Tensor, training?: boolean): Tensor;

  /** Derivative of m · loss by the input of the last `forward`, from that by its output. */
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

/** What user code returned, once it is known to be a tensor that fits. */
function checked(pass: string, result: unknown, shape: readonly number[] | undefined, like: Tensor): Tensor {
  if (!(result instanceof Tensor)) throw badArgument(`the result of ${pass}`, 'a Tensor', result);
  if (result.dtype !== like.dtype) throw badArgument(`the result of ${pass}`, like.dtype, describe(result.dtype));
  if (shape && result.shape.join() !== shape.join()) {
    throw shapeMismatch(`the result of ${pass}`, `shape [${shape.join(', ')}]`, `[${result.shape.join(', ')}]`);
  }
  return result;
}
