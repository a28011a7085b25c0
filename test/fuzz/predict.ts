import { BlasnetError, type NeuralNet, Tensor } from 'blasnet';

/** Numbers of a row, and of a layer's output for it, above which a net is not tried. */
const most = 2 ** 16;
const mostLayers = 100;

/**
 * One row through a net that came from a file; it may be refused. Nets too large to be tried in passing are left alone:
 * how large a net may be is its user's affair.
 */
export async function predictWith(net: NeuralNet, rowShape = net.layers[0]?.inputShape): Promise<void> {
  if (!rowShape || net.layers.length > mostLayers) return;
  const raw = net.preparation?.inputShape ?? rowShape;
  if (![raw, rowShape].every((shape) => sizeOf(shape) <= most)) return;
  try {
    let shape = rowShape;
    for (const layer of net.layers) {
      shape = layer.outputShape(shape);
      if (sizeOf(shape) > most) return;
    }
    await net.predict(Tensor.zeros([2, ...raw], net.params.dtype));
  } catch (error) {
    if (!(error instanceof BlasnetError)) throw error;
  }
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
