import type { FloatArray } from '../tensor/tensor.js';

/** The loss by rounding: numbers of the int8 net beside those of the float32 net. */
export interface QuantizationError {
  /** 10·log₁₀(Σ y² / Σ (y − ŷ)²) in dB: 20 more are a tenth of the error. Infinity where nothing is lost. */
  readonly signalToNoise: number;
  /** √(Σ (y − ŷ)² / Σ y²) */
  readonly relativeError: number;
}

/** One layer of a net that was quantized. */
export interface LayerQuantization {
  readonly name: string;
  readonly kind: string;
  /** Whether it has int8 weights now. */
  readonly isQuantized: boolean;
  /** Why it stays in float32. */
  readonly reason?: string | undefined;
  /** The limits of its input, and the scale and the zero of the bytes. */
  readonly input?:
    | { readonly low: number; readonly high: number; readonly scale: number; readonly zero: number }
    | undefined;
  /** The loss of the layer alone, given the inputs of the float32 net. */
  readonly error?: QuantizationError | undefined;
}

/** The layers that `net.quantize` changed, and the losses on the calibration rows. */
export interface QuantizationReport {
  /** How many rows were looked at. */
  readonly rows: number;
  /** The layers in order. */
  readonly layers: readonly LayerQuantization[];
  /** The loss of the whole net, by its outputs. */
  readonly outputs: Readonly<Record<string, QuantizationError>>;
}

/** Sums of squares. */
export class ErrorSums {
  #signal = 0;
  #noise = 0;

  add(expected: FloatArray, received: FloatArray): void {
    for (let i = 0; i < expected.length; i++) {
      const y = expected[i]!;
      const error = y - received[i]!;
      this.#signal += y * y;
      this.#noise += error * error;
    }
  }

  get error(): QuantizationError {
    if (this.#noise === 0) return { signalToNoise: Number.POSITIVE_INFINITY, relativeError: 0 };
    const ratio = this.#noise / this.#signal;
    return { signalToNoise: -10 * Math.log10(ratio), relativeError: Math.sqrt(ratio) };
  }
}
