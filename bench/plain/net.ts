import type { Setup, Stepper } from '../stepping.js';
import { convolutionShapes, inputsOf, layerParts } from '../workloads.js';
import { activate, activateBackward, lossOf, softmax } from './activations.js';
import { Convolution } from './convolution.js';
import { addGradient, forward, inputDelta } from './products.js';

export type Numbers = Float32Array | Float64Array;

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly w: Numbers;
  readonly b: Numbers;
  /** rows×outputs: the activation, and the loss by it and then by what went into it. */
  readonly a: Numbers;
  readonly delta: Numbers;
  /** Gradients and moments of weights and of biases, for Adam. */
  readonly state: readonly AdamState[];
}

export interface AdamState {
  readonly theta: Numbers;
  readonly g: Numbers;
  readonly m: Numbers;
  readonly v: Numbers;
}

/** A net in plain TypeScript: what JavaScript itself can do, without a library's overhead. */
export class PlainNet implements Stepper {
  readonly #setup: Setup;
  readonly #convolutions: readonly Convolution[];
  readonly #layers: readonly Layer[];
  readonly #x: Numbers;
  readonly #y: Numbers;
  #steps = 0;

  /** @param maxRows - of one call */
  constructor(setup: Setup, maxRows = setup.workload.batch) {
    const { workload, parameters, dtype } = setup;
    const Type = dtype === 'float64' ? Float64Array : Float32Array;
    this.#setup = setup;
    this.#x = Type.from(setup.x);
    this.#y = Type.from(setup.y);
    const parts = layerParts(workload, parameters);
    this.#convolutions = convolutionShapes(workload).map(
      (shape, i) => new Convolution(shape, parts[i]!, maxRows, Type),
    );
    this.#layers = parts.slice(this.#convolutions.length).map(({ inputs, outputs, weights, bias }) => {
      const [w, b] = [Type.from(weights), Type.from(bias)];
      const cells = maxRows * outputs;
      const learned = workload.optimizer === 'adam' ? [w, b] : [];
      const zeros = (like: Numbers) => new Type(like.length);
      const state = learned.map((theta) => ({ theta, g: zeros(theta), m: zeros(theta), v: zeros(theta) }));
      return { inputs, outputs, w, b, a: new Type(cells), delta: new Type(cells), state };
    });
  }

  /** Predictions for rows of the data, rows×outputs at the beginning of what is returned. */
  predict(firstRow: number, rows: number): Numbers {
    const { hidden, last } = this.#setup.workload;
    let input = this.#x;
    let from = firstRow * inputsOf(this.#setup.workload);
    for (const convolution of this.#convolutions) {
      convolution.forward(input, from, rows);
      input = convolution.y;
      from = 0;
    }
    this.#layers.forEach(({ inputs, outputs, w, b, a }, i) => {
      forward(input, from, w, b, a, rows, inputs, outputs);
      const kind = i < this.#layers.length - 1 ? hidden : last;
      if (kind === 'softmax') softmax(a, rows, outputs);
      else if (kind !== 'identity') activate(kind, a, rows * outputs);
      input = a;
      from = 0;
    });
    return input;
  }

  step(batch: number, wantsLoss: boolean): number {
    const { hidden, last, batch: rows } = this.#setup.workload;
    const layers = this.#layers;
    const a = this.predict(batch * rows, rows);
    const { delta, outputs } = layers.at(-1)!;
    const cells = rows * outputs;
    const loss = wantsLoss ? lossOf(last, a, this.#y, batch * cells, cells, rows) : 0;
    for (let i = 0; i < cells; i++) delta[i] = a[i]! - this.#y[batch * cells + i]!;
    if (last === 'sigmoid') activateBackward('sigmoid', a, delta, cells);
    this.#steps++;
    for (let i = layers.length - 1; i >= 0; i--) {
      const layer = layers[i]!;
      const below = layers[i - 1];
      if (below) {
        inputDelta(layer.delta, layer.w, below.delta, rows, layer.inputs, layer.outputs);
        activateBackward(hidden, below.a, below.delta, rows * below.outputs);
        this.#update(layer, below.a, 0, rows);
      } else {
        const above = this.#convolutions.at(-1);
        if (above) inputDelta(layer.delta, layer.w, above.dy, rows, layer.inputs, layer.outputs);
        this.#update(layer, above?.y ?? this.#x, above ? 0 : batch * rows * layer.inputs, rows);
      }
    }
    for (let i = this.#convolutions.length - 1; i >= 0; i--) {
      const below = this.#convolutions[i - 1];
      const from = below ? 0 : batch * rows * inputsOf(this.#setup.workload);
      this.#convolutions[i]!.backward(below?.y ?? this.#x, from, below?.dy, rows);
    }
    for (const { states } of this.#convolutions) this.#descend(states);
    return loss;
  }

  parameters(): Float32Array {
    const convolved = this.#convolutions.flatMap(({ states }) => states.flatMap(({ theta }) => [...theta]));
    const all = [...convolved, ...this.#layers.flatMap(({ w, b }) => [...w, ...b])];
    return Float32Array.from(all);
  }

  #update({ inputs, outputs, w, b, delta, state }: Layer, x: Numbers, from: number, rows: number): void {
    const { learningRate } = this.#setup.workload;
    const [weights, biases] = state;
    if (!weights || !biases) {
      addGradient(-learningRate / rows, x, from, delta, w, b, rows, inputs, outputs);
      return;
    }
    weights.g.fill(0);
    biases.g.fill(0);
    addGradient(1 / rows, x, from, delta, weights.g, biases.g, rows, inputs, outputs);
    this.#descend(state);
  }

  /** By gradients that are there. */
  #descend(states: readonly AdamState[]): void {
    const { learningRate, optimizer } = this.#setup.workload;
    for (const state of states) {
      const { theta, g } = state;
      if (optimizer === 'adam') adam(state, learningRate, this.#steps);
      else for (let i = 0; i < theta.length; i++) theta[i] = theta[i]! - learningRate * g[i]!;
    }
  }
}

/** θ ← θ − η m̂/(ε + √v̂), in the `step`th step, from 1 */
function adam({ theta, g, m, v }: AdamState, learningRate: number, step: number): void {
  const [keepM, keepV] = [0.9, 0.999];
  const rate = learningRate / (1 - keepM ** step);
  const root = 1 / Math.sqrt(1 - keepV ** step);
  for (let i = 0; i < theta.length; i++) {
    const gradient = g[i]!;
    m[i] = keepM * m[i]! + (1 - keepM) * gradient;
    v[i] = keepV * v[i]! + (1 - keepV) * gradient * gradient;
    theta[i] = theta[i]! - (rate * m[i]!) / (1e-8 + root * Math.sqrt(v[i]!));
  }
}
