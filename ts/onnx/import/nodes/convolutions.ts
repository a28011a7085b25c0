import {
  ConvLayer,
  ConvTransposeLayer,
  DepthwiseConvLayer,
  type Layer,
  QuantizedConvLayer,
  ReshapeLayer,
} from '../../../layers/index.js';
import type { ConstantValue } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import type { RowsValue } from '../graph-values.js';
import type { Weights } from '../limits.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import { int8WeightsOf } from '../quantized/int8-weights.js';
import { surrounded } from './pad.js';
import { perDimension, type SpatialWindow, spatialDims, spatialWindows } from './spatial.js';

type Two = readonly [number, number];

/** Windows of series, as those of images of height 1. */
function asTwo(values: readonly number[], fill: number): Two {
  return values.length === 1 ? [fill, values[0]!] : [values[0]!, values[1]!];
}

/** The filters of a node, as those of images. */
function filtersOf(state: GraphImport, node: OnnxNode, dimensions: number): ConstantValue {
  const filters = state.constant(node, 1);
  const { shape } = filters;
  if (shape.length !== dimensions + 2) throw node.bad('filters for images', `shape [${shape.join(', ')}]`);
  const given = node.ints('kernel_shape');
  if (given && given.join() !== shape.slice(2).join()) {
    throw node.bad(`kernel_shape [${shape.slice(2).join(', ')}]`, `[${given.slice(0, 9).join(', ')}]`);
  }
  return filters;
}

function requireImages(node: OnnxNode, dimensions: number, x: RowsValue): void {
  if (dimensions > 2) throw node.bad('images or series', `rows of shape [${x.node.rowShape.join(', ')}]`);
}

/**
 * Gives the output of a layer of images. Series are images of height 1; where each row is a whole model, it holds one image
 * or series.
 */
function imageLayer(
  state: GraphImport,
  node: OnnxNode,
  x: RowsValue,
  layer: Layer,
  weights: Readonly<Record<string, Weights>>,
  output: readonly [channels: number, ...lengths: number[]],
): void {
  const dims = state.dims(x);
  const isPlain = dims.length === 4 && state.batching === 'rows';
  if (isPlain) {
    state.layer(node, layer, [x], weights);
    return;
  }
  if (state.batching === 'whole' && dims[0] !== 1) throw node.bad('one image or series a row', `${dims[0]}`);
  const [channels, ...lengths] = dims.slice(1) as number[];
  const images = [channels!, ...(lengths.length === 1 ? [1] : []), ...lengths];
  const lead = state.batching === 'whole' ? [1] : [];
  const reshaped = reshapedBy(state, node, x, images);
  const applied = state.apply(node, layer, [reshaped], weights);
  state.give(node, reshapedBy(state, node, applied, [...lead, ...output]));
}

function reshapedBy(state: GraphImport, node: OnnxNode, x: RowsValue, row: readonly number[]): RowsValue {
  return state.apply(node, new ReshapeLayer(row), [x]);
}

/** Conv with constant filters: a convolution layer, behind zeros around the images where they are not alike on both sides. */
function convolution(state: GraphImport, node: OnnxNode): void {
  const x = state.rows(node);
  const lengths = spatialDims(state, node, x);
  requireImages(node, lengths.length, x);
  const constant = filtersOf(state, node, lengths.length);
  const { shape, values } = constant;
  const [filters, perGroup, ...kernel] = shape as [number, number, ...number[]];
  const groups = node.int('group', 1);
  const channels = state.dims(x)[1] as number;
  const int8 = groups === 1 ? int8WeightsOf(state, x, constant, 0) : undefined;
  const images = int8?.source ?? x;
  if (perGroup * groups !== channels) {
    throw node.bad(`images of ${perGroup * groups} channels for its filters`, `${channels}`);
  }
  const windows = spatialWindows(node, lengths, kernel);
  const isEven = windows.every(({ before, behind, stride, input, kernel: size, dilation, output }) => {
    const span = (size - 1) * dilation + 1;
    return before === behind || Math.floor((input + 2 * before - span) / stride) + 1 === output;
  });
  const padded = isEven ? images : surround(state, node, images, windows);
  const hasBias = state.has(node, 2);
  const layer = node.naming(() => {
    const options = {
      kernelSize: asTwo(kernel, 1),
      stride: asTwo(
        windows.map(({ stride }) => stride),
        1,
      ),
      dilation: asTwo(
        windows.map(({ dilation }) => dilation),
        1,
      ),
      padding: asTwo(
        windows.map(({ before }) => (isEven ? before : 0)),
        0,
      ),
      useBias: hasBias,
    };
    if (int8) return new QuantizedConvLayer({ ...options, filters });
    const isDepthwise = groups > 1 && groups === channels && filters % groups === 0;
    if (isDepthwise) return new DepthwiseConvLayer({ ...options, depthMultiplier: filters / groups });
    return new ConvLayer({ ...options, filters, groups });
  });
  imageLayer(
    state,
    node,
    padded,
    layer,
    {
      W: state.weightsOf(
        [filters, perGroup, ...asTwo(kernel, 1)],
        int8 ? Array.from(values, (_, i) => int8.whole(i)) : values,
      ),
      ...int8?.parameters,
      ...(hasBias && { B: state.weightsOf([1, filters], state.vector(node, 2, filters).values) }),
    },
    [filters, ...windows.map(({ output }) => output)],
  );
}

/** The images with the zeros of their windows around them. */
function surround(state: GraphImport, node: OnnxNode, x: RowsValue, windows: readonly SpatialWindow[]): RowsValue {
  const lead = state.batching === 'whole' ? 3 : 2;
  return state.between(node, [x], ({ ops }, [value]) =>
    windows.reduce((y, window, i) => surrounded(ops, y, lead + i, window, 0), value!),
  );
}

/** ConvTranspose with constant filters: a transposed convolution, of which pads cut off what they say on either side. */
function convTranspose(state: GraphImport, node: OnnxNode): void {
  const x = state.rows(node);
  const lengths = spatialDims(state, node, x);
  const count = lengths.length;
  requireImages(node, count, x);
  const { shape, values } = filtersOf(state, node, count);
  const [channels, perGroup, ...kernel] = shape as [number, number, ...number[]];
  const groups = node.int('group', 1);
  const filters = perGroup * groups;
  if (channels !== state.dims(x)[1])
    throw node.bad(`images of ${channels} channels for its filters`, `${state.dims(x)[1]}`);
  const strides = perDimension(node, 'strides', count, 1);
  const dilations = perDimension(node, 'dilations', count, 1);
  const extra = perDimension(node, 'output_padding', count, 0, 0);
  const auto = node.string('auto_pad', 'NOTSET') || 'NOTSET';
  const pads = perDimension(node, 'pads', 2 * count, 0, 0);
  const wanted = node.ints('output_shape')?.slice(-count);
  /** Lengths without pads. */
  const whole = lengths.map((length, i) => (length - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1);
  const cuts = whole.map((length, i) => {
    const full = length + extra[i]!;
    const target = wanted?.[i] ?? (auto.startsWith('SAME') ? lengths[i]! * strides[i]! : undefined);
    if (target === undefined) {
      const [before, behind] = auto === 'VALID' ? [0, 0] : [pads[i]!, pads[i + count]!];
      return { before, behind, output: full - before - behind, full };
    }
    const total = full - target;
    const small = Math.floor(total / 2);
    const before = auto === 'SAME_UPPER' ? small : total - small;
    return { before, behind: total - before, output: target, full };
  });
  if (cuts.some(({ output, before }) => output < 1 || before < 0)) {
    throw node.bad('pads that leave numbers', `[${pads.join(', ')}]`);
  }
  // Numbers beyond the last window are only the bias.
  const missing = cuts.map(({ before, output }, i) => Math.max(before + output - whole[i]!, 0));
  if (missing.some((more, i) => more >= Math.max(strides[i]!, dilations[i]!))) {
    throw node.bad('an output within reach of its windows', `[${cuts.map(({ output }) => output).join(', ')}]`);
  }
  const hasBias = state.has(node, 2);
  const isEven = cuts.every(
    ({ before, output }, i) =>
      whole[i]! + extra[i]! - 2 * before === output && extra[i]! < Math.max(strides[i]!, dilations[i]!),
  );
  const layer = node.naming(
    () =>
      new ConvTransposeLayer({
        filters,
        groups,
        kernelSize: asTwo(kernel, 1),
        stride: asTwo(strides, 1),
        dilation: asTwo(dilations, 1),
        padding: asTwo(
          cuts.map(({ before }) => (isEven ? before : 0)),
          0,
        ),
        outputPadding: asTwo(isEven ? extra : missing, 0),
        useBias: hasBias,
      }),
  );
  const made = isEven ? cuts.map(({ output }) => output) : whole.map((length, i) => length + missing[i]!);
  imageLayer(
    state,
    node,
    x,
    layer,
    {
      W: state.weightsOf([channels, perGroup, ...asTwo(kernel, 1)], values),
      ...(hasBias && { B: state.weightsOf([1, filters], state.vector(node, 2, filters).values) }),
    },
    [filters, ...made],
  );
  if (isEven) return;
  const images = state.value(node.outputs[0]!) as RowsValue;
  const lead = state.batching === 'whole' ? 3 : 2;
  state.give(
    node,
    state.between(node, [images], ({ ops }, [value]) => {
      const nulls = Array.from({ length: lead }, () => null);
      return ops.slice(value!, ...nulls, ...cuts.map(({ before, output }) => ({ from: before, to: before + output })));
    }),
  );
}

export const convolutionNodes: Operators = { Conv: convolution, ConvTranspose: convTranspose };
