import { layerParts, type Workload } from './workloads.js';

/** Predictions by plain loops in double: what contenders' are compared with. x is rows×inputs. */
export function naivePrediction(workload: Workload, parameters: Float32Array, x: Float32Array): number[] {
  const layers = layerParts(workload, parameters);
  const rows = x.length / layers[0]!.inputs;
  const predictions: number[] = [];
  for (let row = 0; row < rows; row++) {
    let a = Array.from(x.subarray(row * layers[0]!.inputs, (row + 1) * layers[0]!.inputs));
    layers.forEach(({ inputs, outputs, weights, bias }, i) => {
      const z = Array.from(bias);
      for (let input = 0; input < inputs; input++) {
        for (let output = 0; output < outputs; output++) z[output]! += a[input]! * weights[input * outputs + output]!;
      }
      a = activations[i < layers.length - 1 ? workload.hidden : workload.last](z);
    });
    predictions.push(...a);
  }
  return predictions;
}

const activations = {
  identity: (z: number[]) => z,
  relu: (z: number[]) => z.map((value) => Math.max(0, value)),
  sigmoid: (z: number[]) => z.map((value) => 1 / (1 + Math.exp(-value))),
  tanh: (z: number[]) => z.map(Math.tanh),
  softmax: (z: number[]) => {
    const highest = Math.max(...z);
    const powers = z.map((value) => Math.exp(value - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  },
};
