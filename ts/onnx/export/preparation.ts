// @internal
import type { FeatureScaling, LabelScaling } from '../../data/preparation/preparation.js';
import { sizeOf } from '../../tensor/tensor.js';
import type { ModelBuilder } from './model-builder.js';

/** Adds the nodes that scale raw rows: (x / divisor − offset) · scale, without operations that change nothing. */
export function exportFeatureScaling(
  builder: ModelBuilder,
  value: string,
  rowShape: readonly number[],
  x: FeatureScaling,
): string {
  const { divisor, offset, scale } = x;
  let result = value;
  if (divisor !== 1) result = builder.withConstant('Div', 'preparation/divide', result, [], [divisor]);
  const along = (operator: string, name: string, values: readonly number[]) => {
    const { shape, each } = spread(rowShape, x, values);
    result = builder.withConstant(operator, name, result, shape, each);
  };
  if (offset.some((one) => one !== 0)) along('Sub', 'preparation/subtract', offset);
  if (scale.some((one) => one !== 1)) along('Mul', 'preparation/multiply', scale);
  return result;
}

/** Adds the nodes that make labels of outputs: y · scale + offset. Both are always there, so that an importer does not take the second for a bias. */
export function exportLabelScaling(builder: ModelBuilder, value: string, { offset, scale }: LabelScaling): string {
  const scaled = builder.withConstant('Mul', 'preparation/restore', value, [scale.length], scale);
  return builder.withConstant('Add', 'preparation/shift', scaled, [offset.length], offset);
}

/** A constant for each column or channel, in a shape that ONNX broadcasts over rows. */
function spread(
  rowShape: readonly number[],
  { per }: FeatureScaling,
  values: readonly number[],
): { readonly shape: readonly number[]; readonly each: readonly number[] } {
  const share = sizeOf(rowShape) / values.length;
  const isOfChannels = per === 'channel' && rowShape.length === 3 && rowShape[0] === values.length;
  if (values.length === 1) return { shape: [], each: values };
  if (isOfChannels) return { shape: [values.length, 1, 1], each: values };
  const each = Array.from({ length: sizeOf(rowShape) }, (_, i) => values[Math.floor(i / share)]!);
  return { shape: rowShape, each };
}
