import { rival } from '../rivals.js';
import type { Setup, Stepper } from '../stepping.js';
import { layerParts } from '../workloads.js';

/** As much of TensorFlow.js as is used here. */
export interface TfTensor {
  dataSync(): Float32Array;
  dispose(): void;
}
interface TfVariable extends TfTensor {
  readonly trainable: boolean;
}
interface TfOptimizer {
  minimize(loss: () => TfTensor, returnCost: boolean, variables: TfVariable[]): TfTensor | null;
}
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  enableProdMode(): void;
  tidy<Result>(body: () => Result): Result;
  tensor2d(values: Float32Array, shape: [number, number]): TfTensor;
  variable(initial: TfTensor): TfVariable;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  sigmoid(x: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  softmax(x: TfTensor): TfTensor;
  sum(x: TfTensor): TfTensor;
  div(x: TfTensor, by: number): TfTensor;
  squaredDifference(a: TfTensor, b: TfTensor): TfTensor;
  readonly losses: { softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor };
  readonly train: {
    sgd(rate: number): TfOptimizer;
    adam(rate: number, beta1: number, beta2: number, epsilon: number): TfOptimizer;
  };
}

/** TensorFlow.js on one of its backends, without the checks that it makes for developers. */
export async function loadTensorFlow(backend: 'cpu' | 'wasm'): Promise<TensorFlow> {
  const tf = rival<TensorFlow>('@tensorflow/tfjs');
  if (backend === 'wasm') rival('@tensorflow/tfjs-backend-wasm');
  tf.enableProdMode();
  if (!(await tf.setBackend(backend))) throw new Error(`Expected the backend ${backend} of TensorFlow.js to start`);
  return tf;
}

/** A net in operations of TensorFlow.js and one of its optimizers, which cost less than its layers do. */
export class TensorFlowNet implements Stepper {
  readonly #tf: TensorFlow;
  readonly #setup: Setup;
  /** A tensor for each: where one slices a large tensor, the wasm backend copies all of it. */
  readonly #batches: readonly { x: TfTensor; y: TfTensor }[];
  readonly #layers: readonly { w: TfVariable; b: TfVariable }[];
  readonly #optimizer: TfOptimizer;

  constructor(tf: TensorFlow, setup: Setup) {
    const { workload, x, y, parameters } = setup;
    const [inputs, outputs] = [workload.widths[0]!, workload.widths.at(-1)!];
    this.#tf = tf;
    this.#setup = setup;
    const { batch } = workload;
    const rowsAt = (values: Float32Array, columns: number, at: number) =>
      tf.tensor2d(values.slice(at * batch * columns, (at + 1) * batch * columns), [batch, columns]);
    this.#batches = Array.from({ length: Math.floor(x.length / inputs / batch) }, (_, at) => ({
      x: rowsAt(x, inputs, at),
      y: rowsAt(y, outputs, at),
    }));
    this.#layers = layerParts(workload, parameters).map((part) => ({
      w: tf.variable(tf.tensor2d(part.weights, [part.inputs, part.outputs])),
      b: tf.variable(tf.tensor2d(part.bias, [1, part.outputs])),
    }));
    const { learningRate } = workload;
    this.#optimizer =
      workload.optimizer === 'sgd' ? tf.train.sgd(learningRate) : tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  }

  step(batch: number, wantsLoss: boolean): number {
    const tf = this.#tf;
    const { last, batch: rows } = this.#setup.workload;
    const { x, y } = this.#batches[batch]!;
    const variables = this.#layers.flatMap(({ w, b }) => [w, b]);
    const loss = () => {
      const z = this.#logits(x);
      return last === 'softmax'
        ? tf.losses.softmaxCrossEntropy(y, z)
        : tf.div(tf.sum(tf.squaredDifference(z, y)), 2 * rows);
    };
    const cost = this.#optimizer.minimize(loss, wantsLoss, variables);
    const value = cost?.dataSync()[0] ?? 0;
    cost?.dispose();
    return value;
  }

  parameters(): Float32Array {
    return Float32Array.from(this.#layers.flatMap(({ w, b }) => [...w.dataSync(), ...b.dataSync()]));
  }

  readonly predictor = (rows: number) => {
    const tf = this.#tf;
    const { workload, x } = this.#setup;
    const inputs = workload.widths[0]!;
    const values = x.slice(0, rows * inputs);
    return () =>
      tf.tidy(() => {
        const z = this.#logits(tf.tensor2d(values, [rows, inputs]));
        return (workload.last === 'softmax' ? tf.softmax(z) : z).dataSync();
      });
  };

  #logits(x: TfTensor): TfTensor {
    const tf = this.#tf;
    let a = x;
    this.#layers.forEach(({ w, b }, i) => {
      const z = tf.add(tf.matMul(a, w), b);
      a = i < this.#layers.length - 1 ? tf[this.#setup.workload.hidden](z) : z;
    });
    return a;
  }
}
