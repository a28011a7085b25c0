import type { Contender } from '../contender.js';
import { rival, rivalVersion } from '../rivals.js';
import { type Setup, trainBySteps } from '../stepping.js';
import { layerParts } from '../workloads.js';

/** As much of synaptic as is used here. */
interface Neuron {
  squash: unknown;
  bias: number;
  readonly connections: { readonly inputs: Record<string, { weight: number; readonly from: Neuron }> };
}
interface Layer {
  readonly list: Neuron[];
  readonly size: number;
  set(options: { squash: unknown }): Layer;
  project(layer: Layer): unknown;
}
interface Network {
  activate(input: number[]): number[];
  propagate(rate: number, target: number[]): void;
  restore(): void;
}
interface Synaptic {
  Layer: new (size: number) => Layer;
  Neuron: { readonly squash: Record<'IDENTITY' | 'LOGISTIC' | 'RELU' | 'TANH', unknown> };
  Network: new (layers: { input: Layer; hidden: Layer[]; output: Layer }) => Network;
}

/** It knows squared errors and an update after every row, and writes a function with a line for every weight. */
export const contender: Contender = {
  name: 'synaptic',
  family: 'JavaScript',
  variants: [{ threads: 1, dtype: 'float64' }],
  isForFullRuns: true,
  async about() {
    rival<Synaptic>('synaptic');
    return rivalVersion('synaptic');
  },
  take: (workload) =>
    workload.optimizer === 'sgd' && workload.last === 'identity' && Math.max(...workload.widths) < 100
      ? {
          workload: { ...workload, batch: 1 },
          note: 'updates row by row, each layer before the delta below it',
          isApproximate: true,
        }
      : undefined,
  train: trainBySteps(create),
};

function create({ workload, x, y, parameters }: Setup) {
  const { Layer, Neuron, Network } = rival<Synaptic>('synaptic');
  const { widths, hidden, learningRate } = workload;
  const squash = { relu: Neuron.squash.RELU, sigmoid: Neuron.squash.LOGISTIC, tanh: Neuron.squash.TANH }[hidden];
  const layers = widths.map((width) => new Layer(width));
  layers.forEach((layer, i) => {
    layer.set({ squash: i < layers.length - 1 ? squash : Neuron.squash.IDENTITY });
    if (i > 0) layers[i - 1]!.project(layer);
  });
  const parts = layerParts(workload, parameters);
  const eachWeight = (visit: (weights: Float32Array, at: number, connection: { weight: number }) => void) => {
    parts.forEach(({ weights, outputs }, i) => {
      layers[i + 1]!.list.forEach((neuron, output) => {
        for (const connection of Object.values(neuron.connections.inputs)) {
          visit(weights, layers[i]!.list.indexOf(connection.from) * outputs + output, connection);
        }
      });
    });
  };
  eachWeight((weights, at, connection) => {
    connection.weight = weights[at]!;
  });
  parts.forEach(({ bias }, i) => {
    layers[i + 1]!.list.forEach((neuron, output) => {
      neuron.bias = bias[output]!;
    });
  });
  const net = new Network({ input: layers[0]!, hidden: layers.slice(1, -1), output: layers.at(-1)! });
  const [inputs, outputs] = [widths[0]!, widths.at(-1)!];
  const rows = Array.from({ length: x.length / inputs }, (_, row) => ({
    input: Array.from(x.subarray(row * inputs, (row + 1) * inputs)),
    target: Array.from(y.subarray(row * outputs, (row + 1) * outputs)),
  }));
  return {
    step(row: number, wantsLoss: boolean): number {
      const { input, target } = rows[row]!;
      const a = net.activate(input);
      const loss = wantsLoss ? a.reduce((sum, value, i) => sum + (value - target[i]!) ** 2 / 2, 0) : 0;
      net.propagate(learningRate, target);
      return loss;
    },
    parameters(): Float32Array {
      net.restore(); // from the function it wrote, back into neurons
      eachWeight((weights, at, connection) => {
        weights[at] = connection.weight;
      });
      return Float32Array.from(
        parts.flatMap(({ weights }, i) => [...weights, ...layers[i + 1]!.list.map(({ bias }) => bias)]),
      );
    },
  };
}
