// @internal
import type { OnnxNode } from './node.js';
import { quote } from './quote.js';
import type { DataValue } from './values.js';

type Two = readonly [number, number];

/** Windows of a convolution or pool as our layers have them. */
export interface ImportedWindows {
  readonly stride: Two;
  readonly dilation: Two;
  readonly padding: Two | 'same';
  /** Height and width of the output. */
  readonly output: Two;
  /** Whether some window reaches beyond the image and the zeros that Pad has put around it. */
  readonly isPadded: boolean;
}

/** One axis as ONNX describes it: how many windows, and where the first begins. */
interface Axis {
  readonly output: number;
  readonly before: number;
}

/**
 * Reads a node's windows.
 * @param value - the images that they slide over
 * @param kernel - its height and width
 * @param sameFits - whether the layer knows 'same', which has its odd padding at the end
 * @throws BlasnetError `ERR_BAD_FILE` for windows that our layers do not have: more padding on one side than on the other
 */
export function windowsOf(
  node: OnnxNode,
  { shape, zeros = [0, 0, 0, 0] }: Pick<DataValue, 'shape' | 'zeros'>,
  kernel: Two,
  { sameFits }: { readonly sameFits: boolean },
): ImportedWindows {
  const [stride, dilation] = [pairOf(node, 'strides', 1), pairOf(node, 'dilations', 1)];
  const inputs: Two = [shape[1]!, shape[2]!];
  const surrounded: Two = [inputs[0] + zeros[0] + zeros[2], inputs[1] + zeros[1] + zeros[3]];
  const spans: Two = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1];
  const axes = axesOf(node, surrounded, spans, stride);
  const output: Two = [axes[0].output, axes[1].output];
  const before: Two = [axes[0].before + zeros[0], axes[1].before + zeros[1]];
  const both = [0, 1] as const;
  const isPadded = both.some((i) => {
    const own = axes[i].before;
    return own > 0 || (output[i] - 1) * stride[i] - own + spans[i] > surrounded[i];
  });
  const windows = { stride, dilation, output, isPadded };
  const isEven = both.every(
    (i) => Math.floor((inputs[i] + 2 * before[i] - spans[i]) / stride[i]) + 1 === output[i] && output[i] > 0,
  );
  if (isEven) return { ...windows, padding: before };
  const isSame = both.every((i) => {
    const same = sameAxis(inputs[i], spans[i], stride[i], Math.floor);
    return same.output === output[i] && same.before === before[i];
  });
  if (isSame && sameFits) return { ...windows, padding: 'same' };
  throw node.bad("the same padding on both sides, or TensorFlow's 'same',", 'another');
}

/** Attributes with a number for rows and one for columns. */
export function pairOf(node: OnnxNode, name: string, fallback: number): Two {
  const values = node.ints(name) ?? [fallback, fallback];
  const [rows, columns] = values;
  if (values.length !== 2 || !isSize(rows) || !isSize(columns)) {
    throw node.bad(`${name} of two sizes, of images,`, `[${values.join(', ')}]`);
  }
  return [rows, columns];
}

const isSize = (value: number | undefined): value is number => value !== undefined && value >= 1 && value < 2 ** 31;

function axesOf(node: OnnxNode, inputs: Two, spans: Two, stride: Two): readonly [Axis, Axis] {
  const kind = node.string('auto_pad', 'NOTSET');
  const given = node.ints('pads') ?? [0, 0, 0, 0];
  const isCeiled = node.int('ceil_mode', 0) !== 0;
  const axis = (i: 0 | 1): Axis => {
    if (kind === 'SAME_UPPER') return sameAxis(inputs[i], spans[i], stride[i], Math.floor);
    if (kind === 'SAME_LOWER') return sameAxis(inputs[i], spans[i], stride[i], Math.ceil);
    const [before, behind] = kind === 'VALID' ? [0, 0] : [given[i]!, given[i + 2]!];
    const left = inputs[i] + before + behind - spans[i];
    const more = isCeiled ? Math.ceil(left / stride[i]) : Math.floor(left / stride[i]);
    // A window that would begin behind the image and what is before it is left out.
    const isBehind = isCeiled && more * stride[i] >= inputs[i] + before;
    return { before, output: more + (isBehind ? 0 : 1) };
  };
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(kind)) throw node.bad('a known auto_pad', quote(kind));
  if (given.length !== 4 || given.some((pad) => pad < 0 || pad >= 2 ** 31)) {
    throw node.bad('pads of four numbers ≥ 0, of images,', `[${given.join(', ')}]`);
  }
  return [axis(0), axis(1)];
}

/** ⌈input / stride⌉ windows, with padding as even as it can be. */
function sameAxis(input: number, span: number, stride: number, round: (half: number) => number): Axis {
  const output = Math.ceil(input / stride);
  return { output, before: round(Math.max((output - 1) * stride + span - input, 0) / 2) };
}
