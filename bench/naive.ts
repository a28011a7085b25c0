import {
  type ConvolutionShape,
  convolutionShapes,
  inputsOf,
  type LayerPart,
  layerParts,
  type Workload,
} from './workloads.js';

/** Predictions by plain loops in double: what contenders' are compared with. x is rows×inputs. */
export function naivePrediction(workload: Workload, parameters: Float32Array, x: Float32Array): number[] {
  const layers = layerParts(workload, parameters);
  const shapes = convolutionShapes(workload);
  const width = inputsOf(workload);
  const predictions: number[] = [];
  for (let first = 0; first < x.length; first += width) {
    let a: ArrayLike<number> = x.subarray(first, first + width);
    layers.forEach((layer, i) => {
      const shape = shapes[i];
      const activation = activations[i < layers.length - 1 ? workload.hidden : workload.last];
      a = shape ? convolved(a, shape, layer) : activation(product(a, layer));
    });
    predictions.push(...Array.from(a));
  }
  return predictions;
}

/** a · W + B */
function product(a: ArrayLike<number>, { inputs, outputs, weights, bias }: LayerPart): number[] {
  const z = Array.from(bias);
  for (let input = 0; input < inputs; input++) {
    for (let output = 0; output < outputs; output++) z[output]! += a[input]! * weights[input * outputs + output]!;
  }
  return z;
}

/** A convolution with relu and, where it pools, the largest of each 2×2; W[channels × rows × columns of it, filters]. */
function convolved(
  a: ArrayLike<number>,
  { input: [channels, height, width], output: [filters, rows, columns], kernelSize, padding, pools }: ConvolutionShape,
  { weights, bias }: LayerPart,
): Float64Array {
  const pooled = pools ? 2 : 1;
  const [outRows, outColumns] = [Math.floor(rows / pooled), Math.floor(columns / pooled)];
  const y = new Float64Array(filters * outRows * outColumns); // zeros: what relu leaves at the least
  for (let filter = 0; filter < filters; filter++) {
    for (let row = 0; row < outRows * pooled; row++) {
      for (let column = 0; column < outColumns * pooled; column++) {
        let sum = bias[filter]!;
        for (let tap = 0; tap < channels * kernelSize ** 2; tap++) {
          const channel = Math.floor(tap / kernelSize ** 2);
          const at = row + (Math.floor(tap / kernelSize) % kernelSize) - padding;
          const beside = column + (tap % kernelSize) - padding;
          if (at < 0 || at >= height || beside < 0 || beside >= width) continue;
          sum += a[(channel * height + at) * width + beside]! * weights[tap * filters + filter]!;
        }
        const to = (filter * outRows + Math.floor(row / pooled)) * outColumns + Math.floor(column / pooled);
        y[to] = Math.max(y[to]!, sum);
      }
    }
  }
  return y;
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
