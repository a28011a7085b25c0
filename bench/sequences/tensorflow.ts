import { loadTensorFlow, type TfTensor } from '../support/tensorflow.js';
import { splitParameters } from './nets.js';
import { predictSequences } from './predicting.js';

/** As much of TensorFlow.js as a recurrent layer uses. */
interface Operations {
  tidy<Result>(body: () => Result): Result;
  tensor2d(values: Float32Array, shape: [number, number]): TfTensor;
  zeros(shape: [number, number]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor): TfTensor;
  sigmoid(x: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
}

type Weights = Readonly<Record<string, TfTensor>>;

/** One sequence through an LSTM or a GRU in operations of TensorFlow.js: its layers have no GRU of this kind. */
export const predictByTensorFlow = predictSequences(
  async ({ net }, { x, parameters }) => {
    const tf = (await loadTensorFlow('wasm')) as unknown as Operations;
    const all = splitParameters(net, parameters).map(({ layer, name, shape, values }) => {
      return [`${layer}.${name}`, tf.tensor2d(values.slice(), shape as unknown as [number, number])] as const;
    });
    const weights: Weights = Object.fromEntries(all);
    const { features, units, kind } = net.layers[0] as { features: number; units: number; kind: 'lstm' | 'gru' };
    const cell = kind === 'lstm' ? lstm : gru;
    const numbers = x.slice(0, net.steps * features);
    return () => () =>
      tf.tidy(() => {
        const products = tf.add(
          tf.matMul(tf.tensor2d(numbers, [net.steps, features]), weights['0.W']!),
          weights['0.B']!,
        );
        let state = [tf.zeros([1, units]), tf.zeros([1, units])] as const;
        for (const product of tf.split(products, net.steps, 0)) state = cell(tf, weights, product, state);
        return tf.add(tf.matMul(state[0], weights['1.W']!), weights['1.B']!).dataSync();
      });
  },
  { most: 1 },
);

type State = readonly [h: TfTensor, c: TfTensor];

function lstm(tf: Operations, { '0.U': u }: Weights, product: TfTensor, [h, c]: State): State {
  const [i, f, g, o] = tf.split(tf.add(product, tf.matMul(h, u!)), 4, 1);
  const next = tf.add(tf.mul(tf.sigmoid(f!), c), tf.mul(tf.sigmoid(i!), tf.tanh(g!)));
  return [tf.mul(tf.sigmoid(o!), tf.tanh(next)), next];
}

/** n + z·(h − n) is (1 − z)·n + z·h. */
function gru(tf: Operations, { '0.U': u, '0.recurrentB': b }: Weights, product: TfTensor, [h, c]: State): State {
  const [xr, xz, xn] = tf.split(product, 3, 1);
  const [hr, hz, hn] = tf.split(tf.add(tf.matMul(h, u!), b!), 3, 1);
  const z = tf.sigmoid(tf.add(xz!, hz!));
  const n = tf.tanh(tf.add(xn!, tf.mul(tf.sigmoid(tf.add(xr!, hr!)), hn!)));
  return [tf.add(n, tf.mul(z, tf.sub(h, n))), c];
}
