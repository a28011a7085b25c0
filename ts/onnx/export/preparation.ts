// @internal
import type { FeatureScaling, LabelScaling } from '../../data/preparation/preparation.js';
import { sizeOf } from '../../tensor/tensor.js';
import type { ModelBuilder } from './model-builder.js';

/** Adds the nodes that scale raw rows: (x / divisor − offset) · scale, without operations that change nothing. */
export function exportFeatureScaling(builder: ModelBuilder, x: FeatureScaling): void {
  const { divisor, offset, scale } = x;
  if (divisor !== 1) builder.withConstant('Div', 'preparation/divide', [], [divisor]);
  if (offset.some((value) => value !== 0)) along(builder, 'Sub', 'preparation/subtract', x, offset);
  if (scale.some((value) => value !== 1)) along(builder, 'Mul', 'preparation/multiply', x, scale);
}

/** Adds the nodes that make labels of outputs: y · scale + offset. Both are always there, so that an importer does not take the second for a bias. */
export function exportLabelScaling(builder: ModelBuilder, { offset, scale }: LabelScaling): void {
  builder.withConstant('Mul', 'preparation/restore', [scale.length], scale);
  builder.withConstant('Add', 'preparation/shift', [offset.length], offset);
}

/** Adds a node with a constant for each column or channel, in a shape that ONNX broadcasts over rows. */
function along(
  builder: ModelBuilder,
  operator: string,
  name: string,
  { per }: FeatureScaling,
  values: readonly number[],
): void {
  const { shape } = builder;
  const share = sizeOf(shape) / values.length;
  const isOfChannels = per === 'channel' && shape.length === 3 && shape[0] === values.length;
  if (values.length === 1) builder.withConstant(operator, name, [], values);
  else if (isOfChannels) builder.withConstant(operator, name, [values.length, 1, 1], values);
  else {
    const each = Array.from({ length: sizeOf(shape) }, (_, i) => values[Math.floor(i / share)]!);
    builder.withConstant(operator, name, shape, each);
  }
}
