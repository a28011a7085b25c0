import { readFile } from 'node:fs/promises';
import {
  binaryCrossEntropy,
  ClassificationLayer,
  crossEntropy,
  type DType,
  type FloatArray,
  FullyConnectedLayer,
  HyperParameters,
  type Layer,
  meanSquaredError,
  type NetType,
  NeuralNet,
  Tensor,
} from 'blasnet';

/** How many differences a list names before it stops. */
const longest = 8;

/** |actual − expected| ≤ atol + rtol · |expected|, the rule of PyTorch's gradcheck and NumPy's allclose. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol?: number;
}

/** PyTorch's gradcheck: central differences in float64. */
const step = 1e-6;
const gradientTolerance: Tolerance = { rtol: 1e-3, atol: 1e-5 };

/** What differs by more than the tolerance, in words; empty where all is well. NaN equals nothing but NaN. */
export function differences(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol, atol = 0 }: Tolerance,
  name = '',
): string[] {
  if (actual.length !== expected.length) return [`${name}: ${actual.length} numbers instead of ${expected.length}`];
  const found: string[] = [];
  for (let i = 0; i < expected.length && found.length < longest; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    const isRight = Object.is(a, e) || a === e || Math.abs(a - e) <= atol + rtol * Math.abs(e);
    if (!isRight) found.push(`${name}[${i}]: ${a} instead of ${e}`);
  }
  return found;
}

/** Numbers uniform in [low, high), the same for the same seed (mulberry32). */
export function uniforms(count: number, seed: number, low = -1, high = 1): Float64Array {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return Float64Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return low + ((high - low) * ((word ^ (word >>> 14)) >>> 0)) / 2 ** 32;
  });
}

/** Σ f(value, index) */
export function sumOf(values: ArrayLike<number>, f: (value: number, i: number) => number = (value) => value): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += f(values[i]!, i);
  return sum;
}

/** A tensor of uniform numbers. */
export function randomTensor(shape: readonly number[], seed: number, low = -1, high = 1): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return Tensor.from(uniforms(size, seed, low, high), shape);
}

/** The same numbers, those within `margin` of a kink moved away from it. */
export function awayFrom(kink: number, margin: number, x: Tensor): Tensor {
  x.data.forEach((value, i) => {
    if (Math.abs(value - kink) < margin) x.data[i] = kink + (value < kink ? -margin : margin);
  });
  return x;
}

/** A one-hot row for each class number. */
export function oneHot(classes: readonly number[], width: number): Tensor {
  const y = Tensor.zeros([classes.length, width], 'float64');
  classes.forEach((column, row) => {
    y.data[row * width + column] = 1;
  });
  return y;
}

/** Values, and the gradient that someone claims for them. */
export interface Claim {
  readonly name: string;
  readonly values: FloatArray;
  readonly gradient: FloatArray;
}

/** Compares claimed gradients of f with central differences; f must read the values anew each time. */
export function checkClaims(f: () => number, claims: readonly Claim[]): string[] {
  return claims.flatMap(({ name, values, gradient }) => {
    const numeric = values.map((value, i) => {
      values[i] = value + step;
      const above = f();
      values[i] = value - step;
      const below = f();
      values[i] = value;
      return (above - below) / (2 * step);
    });
    return differences(gradient, numeric, gradientTolerance, name);
  });
}

/**
 * Checks a layer's input delta and all parameter gradients for f = Σ c·layer(x) with random c, so that every output
 * counts: c is the delta.
 * @param x - float64; moved about meanwhile, unchanged in the end
 * @returns what is wrong, in words; empty where all is right
 */
export function gradientCheck(layer: Layer, x: Tensor, seed = 99): string[] {
  const y = layer.forward(x);
  const c = randomTensor(y.shape, seed);
  const dx = layer.backward(c);
  if (!dx) return ['backward returned no input delta'];
  const claims: Claim[] = [{ name: 'input', values: x.data, gradient: dx.data.slice() }];
  for (const [name, { data }] of Object.entries(layer.gradients)) {
    claims.push({ name, values: layer.weights[name]!.data, gradient: data.slice() });
  }
  return checkClaims(() => sumOf(layer.forward(x).data, (value, i) => c.data[i]! * value), claims);
}

/** Checks every parameter gradient that `net.backward` leaves, for the mean loss of the net's type with its penalty. */
export function netGradientCheck(net: NeuralNet, x: Tensor, y: Tensor): string[] {
  net.forward(x);
  net.backward(y);
  const claims = net.layers.flatMap((layer, i) =>
    Object.entries(layer.gradients).map(([name, { data }]) => ({
      name: `layer ${i + 1} ${name}`,
      values: layer.weights[name]!.data,
      gradient: data.slice(),
    })),
  );
  return checkClaims(() => plainLoss(net.params.netType, net.forward(x), y) + plainPenalty(net) / x.rows, claims);
}

/** λ Σ|W| or λ ΣW² / 2 of a net's weights, in a plain loop. */
function plainPenalty({ layers, params: { regularizer } }: NeuralNet): number {
  const { method, value } = regularizer;
  if (method !== 'l1' && method !== 'l2') return 0;
  const term = method === 'l1' ? Math.abs : (weight: number) => weight ** 2 / 2;
  const weights = layers.flatMap((layer) => (layer.weights.W ? [...layer.weights.W.data] : []));
  return value * sumOf(weights, term);
}

/** The loss from outputs as its textbook formula has it, in plain loops: for moderate outputs only. */
export function plainLoss(netType: NetType, { data: a, rows }: Tensor, { data: y }: Tensor): number {
  const term: Record<NetType, (a: number, y: number) => number> = {
    fitting: (a, y) => (a - y) ** 2 / 2,
    binaryClassifier: (a, y) => -y * Math.log(a) - (1 - y) * Math.log(1 - a),
    multipleClassifier: (a, y) => -y * Math.log(a),
  };
  return sumOf(a, (value, i) => term[netType](value, y[i]!)) / rows;
}

/** The library's loss functions by the type of net; for classifiers from logits. */
export const lossFunctions: Readonly<Record<NetType, (outputs: Tensor, y: Tensor) => number>> = {
  fitting: meanSquaredError,
  binaryClassifier: binaryCrossEntropy,
  multipleClassifier: crossEntropy,
};

/** A net whose outputs are its inputs; for classifiers, the inputs are the logits. */
export function identityNet(netType: NetType, width: number, dtype: DType = 'float64'): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType, dtype, initMethod: 'zero' }), 'identity');
  const layer = new FullyConnectedLayer(width, width);
  net.addLayer(layer);
  layer.weights.W!.data.forEach((_, i, data) => {
    data[i] = Number(i % (width + 1) === 0);
  });
  if (netType !== 'fitting') {
    net.addLayer(new ClassificationLayer(netType === 'binaryClassifier' ? 'sigmoid' : 'softmax'));
  }
  return net;
}

/** Loss and accuracy of a net of that type with those outputs, or logits. */
export function evaluate(netType: NetType, outputs: number[][], labels: number[][], dtype: DType = 'float64') {
  const tensors = [outputs, labels].map((rows) => Tensor.from(rows, undefined, dtype));
  return identityNet(netType, outputs[0]!.length, dtype).test(tensors[0]!, tensors[1]!);
}

/** An array in a fixture. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export function tensorOf({ shape, data }: Numbers, dtype: 'float32' | 'float64' = 'float64'): Tensor {
  return Tensor.from(data, shape, dtype);
}

/** A file of test/fixtures/reference; the Python script beside it wrote it. */
export async function readReference<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(`test/fixtures/reference/${name}.json`, 'utf8')) as T;
}
