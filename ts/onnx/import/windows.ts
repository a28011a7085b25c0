// @internal
import type { OnnxNode } from './node.js';
import { quote } from './quote.js';
import type { DataValue } from './values.js';

type Two = readonly [number, number];

/** The windows of a convolution or pool, in the terms of the layers. */
export interface ImportedWindows {
  readonly stride: Two;
  readonly dilation: Two;
  readonly padding: Two | 'same';
  /** Height and width of the output. */
  readonly output: Two;
  /** Whether some window reaches into the node's own padding. */
  readonly isPadded: boolean;
  /** Whether some window reaches beyond the padding, as ceil_mode allows. */
  readonly isCut: boolean;
}

/** The kinds of layer: they differ in what padding they have, and in the attributes of their operators. */
export type WindowKind = 'convolution' | 'pool';

/** One axis as ONNX describes it: the number of windows, and the padding in front and behind. */
interface Axis {
  readonly output: number;
  readonly before: number;
  readonly behind: number;
}

/**
 * Reads a node's windows.
 * @param value - the images that they slide over
 * @param kernel - its height and width
 * @throws BlasnetError `ERR_BAD_FILE` for windows that the layers do not have: more padding on one side than on the other
 */
export function windowsOf(
  node: OnnxNode,
  { shape, zeros = [0, 0, 0, 0] }: Pick<DataValue, 'shape' | 'zeros'>,
  kernel: Two,
  kind: WindowKind,
): ImportedWindows {
  const [stride, dilation] = [pairOf(node, 'strides', 1), pairOf(node, 'dilations', 1)];
  const inputs: Two = [shape[1]!, shape[2]!];
  const surrounded: Two = [inputs[0] + zeros[0] + zeros[2], inputs[1] + zeros[1] + zeros[3]];
  const spans: Two = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1];
  const axes = axesOf(node, surrounded, spans, stride, kind);
  const output: Two = [axes[0].output, axes[1].output];
  const before: Two = [axes[0].before + zeros[0], axes[1].before + zeros[1]];
  const both = [0, 1] as const;
  /** The end of the last window, from the first number that Pad leaves. */
  const end = (i: 0 | 1) => (output[i] - 1) * stride[i] - axes[i].before + spans[i];
  const isPadded = both.some((i) => axes[i].before > 0 || end(i) > surrounded[i]);
  const isCut = both.some((i) => end(i) > surrounded[i] + axes[i].behind);
  const windows = { stride, dilation, output, isPadded, isCut };
  const isEven = both.every(
    (i) => Math.floor((inputs[i] + 2 * before[i] - spans[i]) / stride[i]) + 1 === output[i] && output[i] > 0,
  );
  if (isEven) return { ...windows, padding: before };
  const isSame = both.every((i) => {
    const same = sameAxis(inputs[i], spans[i], stride[i], Math.floor);
    return same.output === output[i] && same.before === before[i];
  });
  if (kind === 'convolution' && isSame) return { ...windows, padding: 'same' };
  const known =
    kind === 'convolution'
      ? "the same padding on both sides, or TensorFlow's 'same',"
      : 'the same padding on both sides';
  const behind = both.map((i) => Math.max(end(i) - zeros[i] - inputs[i], 0));
  throw node.bad(known, `[${[...before, ...behind].join(', ')}] (top, left, bottom, right)`);
}

/** An attribute with a number for rows and one for columns. */
export function pairOf(node: OnnxNode, name: string, fallback: number): Two {
  const values = node.ints(name) ?? [fallback, fallback];
  const [rows, columns] = values;
  if (values.length !== 2 || !isSize(rows) || !isSize(columns)) {
    throw node.bad(`${name} of two whole numbers above 0, since images have two axes,`, `[${values.join(', ')}]`);
  }
  return [rows, columns];
}

const isSize = (value: number | undefined): value is number => value !== undefined && value >= 1 && value < 2 ** 31;

function axesOf(node: OnnxNode, inputs: Two, spans: Two, stride: Two, windows: WindowKind): readonly [Axis, Axis] {
  const kind = node.string('auto_pad', 'NOTSET');
  const given = node.ints('pads') ?? [0, 0, 0, 0];
  const isCeiled = windows === 'pool' && node.int('ceil_mode', 0) !== 0;
  const axis = (i: 0 | 1): Axis => {
    if (windows === 'pool' && kind.startsWith('SAME') && stride[i] > spans[i]) {
      // Runtimes disagree on where the windows begin when the padding would be negative.
      throw node.bad(`strides of at most the kernel's ${spans[i]} with auto_pad = ${kind}`, `${stride[i]}`);
    }
    if (kind === 'SAME_UPPER') return sameAxis(inputs[i], spans[i], stride[i], Math.floor);
    if (kind === 'SAME_LOWER') return sameAxis(inputs[i], spans[i], stride[i], Math.ceil);
    const [before, behind] = kind === 'VALID' ? [0, 0] : [given[i]!, given[i + 2]!];
    const left = inputs[i] + before + behind - spans[i];
    if (left < 0) {
      const axisName = i === 0 ? 'rows' : 'columns';
      throw node.bad(
        `a kernel of at most ${inputs[i] + before + behind} ${axisName}, padding included,`,
        `${spans[i]}`,
      );
    }
    const more = isCeiled ? Math.ceil(left / stride[i]) : Math.floor(left / stride[i]);
    // A window that would begin behind the image and the padding in front of it is left out.
    const isBehind = isCeiled && more * stride[i] >= inputs[i] + before;
    return { before, behind, output: more + (isBehind ? 0 : 1) };
  };
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(kind)) throw node.bad('a known auto_pad', quote(kind));
  if (given.length !== 4 || given.some((pad) => pad < 0 || pad >= 2 ** 31)) {
    throw node.bad('pads of four whole numbers from 0, since images have two axes,', `[${given.join(', ')}]`);
  }
  return [axis(0), axis(1)];
}

/** ⌈input / stride⌉ windows; `round` says where the odd one of the padding goes. */
function sameAxis(input: number, span: number, stride: number, round: (half: number) => number): Axis {
  const output = Math.ceil(input / stride);
  const total = Math.max((output - 1) * stride + span - input, 0);
  const before = round(total / 2);
  return { output, before, behind: total - before };
}
