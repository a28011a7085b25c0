// @internal

import type { Value } from '../../../ops/value.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { GraphValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import { quote } from '../quote.js';
import type { Length } from '../recorder.js';

/** Windows along one dimension of images, series or volumes. */
export interface SpatialWindow {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly behind: number;
  readonly output: number;
  /** How far the last window reaches beyond the padding, by ceil_mode. */
  readonly beyond: number;
}

/** The lengths of a value's dimensions behind the channels. @throws BlasnetError `ERR_BAD_FILE` for a value that has none */
export function spatialDims(state: GraphImport, node: OnnxNode, x: GraphValue): number[] {
  const [, ...rest] = state.dims(x);
  const [, ...lengths] = rest;
  if (rest.length < 2) throw node.bad('rows that are images', `rows of shape [${rest.join(', ')}]`);
  return lengths as number[];
}

/** Whole numbers of an attribute, one for each dimension. */
export function perDimension(node: OnnxNode, name: string, count: number, fallback: number, least = 1): number[] {
  const values = node.ints(name) ?? Array.from({ length: count }, () => fallback);
  if (values.length !== count || values.some((value) => value < least || value >= 2 ** 31)) {
    throw node.bad(`${name} of ${count} whole numbers from ${least}`, `[${values.slice(0, 9).join(', ')}]`);
  }
  return [...values];
}

/** Reads a node's windows. */
export function spatialWindows(
  node: OnnxNode,
  inputs: readonly number[],
  kernel: readonly number[],
  { isPool = false } = {},
): SpatialWindow[] {
  const count = inputs.length;
  const strides = perDimension(node, 'strides', count, 1);
  const dilations = perDimension(node, 'dilations', count, 1);
  const auto = node.string('auto_pad', 'NOTSET') || 'NOTSET';
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(auto)) throw node.bad('a known auto_pad', quote(auto));
  const pads = perDimension(node, 'pads', 2 * count, 0, 0);
  const isCeiled = isPool && node.int('ceil_mode', 0) !== 0;
  return inputs.map((input, i) => {
    const [stride, dilation, size] = [strides[i]!, dilations[i]!, kernel[i]!];
    const span = (size - 1) * dilation + 1;
    if (auto.startsWith('SAME')) {
      if (isPool && stride > span)
        throw node.bad(`strides of at most the kernel's ${span} with auto_pad = ${auto}`, `${stride}`);
      const output = Math.ceil(input / stride);
      const total = Math.max((output - 1) * stride + span - input, 0);
      const before = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      return { input, kernel: size, stride, dilation, before, behind: total - before, output, beyond: 0 };
    }
    const [before, behind] = auto === 'VALID' ? [0, 0] : [pads[i]!, pads[i + count]!];
    const left = input + before + behind - span;
    if (left < 0) throw node.bad(`a kernel of at most ${input + before + behind}, padding included,`, `${span}`);
    let output = (isCeiled ? Math.ceil(left / stride) : Math.floor(left / stride)) + 1;
    // A window that would begin behind the numbers and the padding in front of them is left out.
    if (isCeiled && (output - 1) * stride >= input + before) output--;
    const beyond = Math.max((output - 1) * stride + span - (input + before + behind), 0);
    return { input, kernel: size, stride, dilation, before, behind, output, beyond };
  });
}

/** A value as images of two dimensions: [rows, channels, height, width], whatever stands in front of it. */
export function asImages(form: Form, x: Value): Value {
  const shape = x.shape.slice(form.lead(x));
  const images = [shape[1]!, ...(shape.length === 3 ? [1] : []), ...shape.slice(2)];
  if (form.batching === 'constant') return form.ops.reshape(x, [shape[0]!, ...images]);
  return form.ops.reshape(x, [form.batching === 'rows' ? 'rows' : -1, ...images]);
}

/** Undoes `asImages` for a result of other lengths. */
export function fromImages(form: Form, like: Value, y: Value, lengths: readonly number[]): Value {
  const [first] = form.dims(like);
  const lead: Length[] = form.lead(like) === 1 ? ['rows'] : [];
  return form.ops.reshape(y, [...lead, first!, y.shape[1]!, ...lengths]);
}
