// @internal
import { mostTerms } from '../../../layers/quantized-layer.js';
import type { ConstantValue } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import type { RowsValue } from '../graph-values.js';
import type { Weights } from '../limits.js';
import { bytesOf, placeIn } from './bytes.js';

/** Weights of 8 bits behind rows that are rounded to bytes: what a layer with int8 weights computes. */
export interface Int8Weights {
  /** The rows before they are rounded, which the layer does itself. */
  readonly source: RowsValue;
  /** The whole number of the i-th weight, as the model has them. */
  whole(i: number): number;
  /** The layer's parameters beside W and B. */
  readonly parameters: Readonly<Record<'scale' | 'inputScale' | 'inputZero', Weights>>;
}

/**
 * Weights of a model as those of a layer with int8 weights; undefined where its kernels do not compute the same: for rows that are no
 * bytes, and for weights that differ from their zero by more than 8 bits hold, or
 * whose scales no float32 number is.
 * @param axis - the dimension of the outputs
 * @param factor - what the products are multiplied by
 */
export function int8WeightsOf(
  state: GraphImport,
  x: RowsValue,
  constant: ConstantValue,
  axis: number,
  factor = 1,
): Int8Weights | undefined {
  const bytes = bytesOf(state);
  const [rounded, whole] = [bytes.unrounded(x), bytes.wholeOf(constant)];
  if (!rounded || !whole || state.dtype !== 'float32' || !(factor > 0)) return undefined;
  const { shape, values, scales, zeros } = whole;
  const outputs = shape[axis]!;
  if (scales.length > 1 && whole.axis !== axis) return undefined;
  if (values.length / outputs > mostTerms) return undefined;
  const place = placeIn(whole);
  const at = (i: number) => values[i]! - zeros[place(i)]!;
  for (let i = 0; i < values.length; i++) if (at(i) < -128 || at(i) > 127) return undefined;
  const own = Float32Array.from({ length: outputs }, (_, i) => factor * scales[scales.length === 1 ? 0 : i]!);
  if (!own.every((scale) => scale > 0 && Number.isFinite(scale))) return undefined;
  const { value: source, grid } = rounded;
  return {
    source,
    whole: at,
    parameters: {
      scale: state.weightsOf([1, outputs], own),
      inputScale: state.weightsOf([1], [grid.scale]),
      inputZero: state.weightsOf([1], [grid.zero]),
    },
  };
}
