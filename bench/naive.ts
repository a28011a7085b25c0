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
      a = i < layers.length - 1 ? z.map(activations[workload.hidden]) : lasts[workload.netType](z);
    });
    predictions.push(...a);
  }
  return predictions;
}

const activations = {
  relu: (z: number) => Math.max(0, z),
  sigmoid: (z: number) => 1 / (1 + Math.exp(-z)),
};

const lasts = {
  fitting: (z: number[]) => z,
  multipleClassifier: (z: number[]) => {
    const powers = z.map((value) => Math.exp(value - Math.max(...z)));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  },
};
