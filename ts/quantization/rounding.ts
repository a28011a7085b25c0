// @internal
import { BlasnetError } from '../core/errors.js';
import type { FloatArray } from '../tensor/tensor.js';

/** Rounds to the nearest whole number, and halves to the even one, as C++ and ONNX do. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

const within = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

/** The scale and the zero of a layer's input: x becomes round(x / scale) + zero, within 0 … 255. */
export interface InputScale {
  readonly scale: number;
  readonly zero: number;
}

/** The scale by which bytes cover numbers from `low` to `high`, and 0, which padding is. */
export function inputScaleFor(low: number, high: number): InputScale {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = usable(Math.fround((most - least) / 255));
  return { scale, zero: within(roundHalfEven(-least / scale), 0, 255) };
}

/** Whole numbers from −127 to 127, and the scale of each output. */
export interface QuantizedWeights {
  readonly weights: Float32Array;
  readonly scales: Float32Array;
}

/**
 * Quantizes weights, each output by a scale of its own: the largest number of an output becomes 127 or −127.
 * @param outputOf - the output that weight i is of
 * @throws BlasnetError `ERR_NOT_FINITE`
 */
export function quantizeWeights(
  values: FloatArray,
  outputs: number,
  outputOf: (i: number) => number,
  name: string,
): QuantizedWeights {
  const scales = new Float32Array(outputs);
  for (const [i, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      throw new BlasnetError('ERR_NOT_FINITE', `Expected finite weights in layer '${name}' but received ${value}`);
    }
    const output = outputOf(i);
    scales[output] = Math.max(scales[output]!, Math.abs(value));
  }
  for (const [j, most] of scales.entries()) scales[j] = usable(Math.fround(most / 127));
  const weights = Float32Array.from(values, (value, i) =>
    within(roundHalfEven(value / scales[outputOf(i)]!), -127, 127),
  );
  return { weights, scales };
}

/** A scale whose reciprocal is a float32, too; 1 for numbers that are all (nearly) 0. */
function usable(scale: number): number {
  return scale >= 2 ** -120 ? scale : 1;
}
