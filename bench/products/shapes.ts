/** A product op(a)[m×k] · op(b)[k×n] of a training step. */
export interface ProductShape {
  /** `nn` forward, `nt` by transposed weights for the input's gradient, `tn` of transposed inputs for the weights'. */
  readonly kind: 'nn' | 'nt' | 'tn';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Whose product it is. */
  readonly of: string;
}

const shape = (of: string, kind: ProductShape['kind'], m: number, n: number, k: number): ProductShape => {
  return { of, kind, m, n, k };
};

/** The products that training steps of the benchmark's nets spend their time in. */
export const productShapes: readonly ProductShape[] = [
  shape('MNIST, layer 1', 'nn', 64, 128, 784),
  shape('its weights', 'tn', 784, 128, 64),
  shape('MNIST, layer 2', 'nn', 64, 64, 128),
  shape('its input', 'nt', 64, 128, 64),
  shape('its weights', 'tn', 128, 64, 64),
  shape('wide, layer 1', 'nn', 256, 1024, 784),
  shape('its weights', 'tn', 784, 1024, 256),
  shape('wide, layer 2', 'nn', 256, 1024, 1024),
  shape('its input', 'nt', 256, 1024, 1024),
  shape('square', 'nn', 1024, 1024, 1024),
  shape('LeNet, layer 3', 'nn', 64, 120, 400),
  shape('its input', 'nt', 64, 400, 120),
  shape('its weights', 'tn', 400, 120, 64),
  shape('LSTM, a step of inputs', 'nn', 64, 256, 16),
  shape('LSTM, a step of states', 'nn', 64, 256, 64),
  shape('its state', 'nt', 64, 64, 256),
  shape('encoder, projection', 'nn', 3200, 64, 64),
  shape('encoder, feed-forward in', 'nn', 3200, 128, 64),
  shape('encoder, feed-forward out', 'nn', 3200, 64, 128),
  shape('its input', 'nt', 3200, 128, 64),
  shape('its weights', 'tn', 128, 64, 3200),
];

/** `tn:784x128x64`, as the programs that time products take it. */
export const wordOf = ({ kind, m, n, k }: ProductShape): string => `${kind}:${m}x${n}x${k}`;

/** @throws RangeError for a word that is none of {@link wordOf} */
export function parseShape(word: string): ProductShape {
  const found = /^(nn|nt|tn):([1-9]\d*)x([1-9]\d*)x([1-9]\d*)$/.exec(word);
  if (!found) throw new RangeError(`Expected a product such as nn:64x128x784 but received ${word}`);
  const [, kind, m, n, k] = found;
  return shape('', kind as ProductShape['kind'], Number(m), Number(n), Number(k));
}

export const flopsOf = ({ m, n, k }: ProductShape): number => 2 * m * n * k;
