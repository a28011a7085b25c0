import { UpsampleLayer } from '../../../layers/index.js';
import { sizeOf } from '../../../tensor/tensor.js';
import type { GraphImport } from '../graph-import.js';
import type { GraphValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import { places } from '../places.js';
import { quote } from '../quote.js';

/** Limit on the numbers of the matrix by which a dimension is interpolated. */
const mostNumbers = 2 ** 24;

/** Runtimes compute places in float32, and what they round to depends on it. */
const f = Math.fround;

/** One dimension that gets another length. */
interface Resized {
  readonly place: number;
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** The part of the input that becomes the output, for tf_crop_and_resize: from 0 to 1. */
  readonly roi: readonly [start: number, end: number];
}

interface Settings {
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubicA: number;
  readonly excludesOutside: boolean;
  readonly extrapolation: number;
}

const coordinateModes = [
  ...['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric', 'tf_crop_and_resize'],
];
const nearestModes = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];

/** Where a place of the output lies in the input. */
function coordinate({ input, output, scale, roi }: Resized, x: number, mode: string): number {
  const half = f(f(f(x + 0.5) / scale) - 0.5);
  switch (mode) {
    case 'asymmetric':
      return f(x / scale);
    case 'align_corners':
      return output === 1 ? 0 : f(f(x * (input - 1)) / (output - 1));
    case 'pytorch_half_pixel':
      return output > 1 ? half : 0;
    case 'half_pixel_symmetric': {
      const adjustment = f(output / f(scale * input));
      return f(f((input / 2) * (1 - adjustment)) + half);
    }
    case 'tf_crop_and_resize': {
      const [start, end] = roi;
      if (output === 1) return f(f(0.5 * f(start + end)) * (input - 1));
      return f(f(start * (input - 1)) + f(f(x * f(f(end - start) * (input - 1))) / (output - 1)));
    }
    default:
      return half;
  }
}

function nearestPlace(x: number, mode: string): number {
  if (mode === 'floor') return Math.floor(x);
  if (mode === 'ceil') return Math.ceil(x);
  return mode === 'round_prefer_ceil' ? Math.floor(x + 0.5) : Math.ceil(x - 0.5);
}

/** The places of the input from which a place of the output is made, each with its weight. */
function weightsAt(x: number, input: number, { mode, cubicA: a, excludesOutside }: Settings): [number, number][] {
  if (mode === 'linear') {
    const at = Math.min(Math.max(x, 0), input - 1);
    const low = Math.floor(at);
    const high = Math.min(low + 1, input - 1);
    return [
      [low, 1 - (at - low)],
      [high, at - low],
    ];
  }
  const low = Math.floor(x);
  const t = x - low;
  const near = (s: number) => ((a + 2) * s - (a + 3)) * s * s + 1;
  const far = (s: number) => ((a * s - 5 * a) * s + 8 * a) * s - 4 * a;
  const taps = [far(t + 1), near(t), near(1 - t), far(2 - t)].map(
    (weight, i) => [low - 1 + i, weight] as [number, number],
  );
  const inside = excludesOutside ? taps.filter(([place]) => place >= 0 && place < input) : taps;
  const total = excludesOutside ? inside.reduce((sum, [, weight]) => sum + weight, 0) : 1;
  return inside.map(([place, weight]) => [Math.min(Math.max(place, 0), input - 1), weight / total]);
}

/** The matrix, input × output, that interpolates one dimension. */
function matrixOf(state: GraphImport, node: OnnxNode, resized: Resized, settings: Settings): GraphValue {
  const { input, output } = resized;
  if (!(input * output <= mostNumbers)) throw node.bad(`at most ${mostNumbers} weights`, `${input} × ${output}`);
  state.budget.take(8 * input * output);
  const values = new Float64Array(input * output);
  for (let i = 0; i < output; i++) {
    const x = coordinate(resized, i, settings.coordinates);
    for (const [place, weight] of weightsAt(x, input, settings)) values[place * output + i]! += weight;
  }
  return { kind: 'constant', shape: [input, output], values, isFloat: true };
}

/** Gives images, series or volumes of other lengths. */
function resizeTo(
  state: GraphImport,
  node: OnnxNode,
  x: GraphValue,
  changed: readonly Resized[],
  settings: Settings,
): void {
  const { mode, coordinates, nearest } = settings;
  if (isLayer(state, x, changed, settings)) {
    const [height, width] = [2, 3].map((place) => {
      const found = changed.find((one) => one.place === place);
      return found?.output ?? (state.dims(x)[place] as number);
    }) as [number, number];
    const size = { size: [height, width], mode: mode === 'nearest' ? 'nearest' : 'bilinear' } as const;
    state.layer(
      node,
      node.naming(() => new UpsampleLayer(size)),
      [x as Parameters<GraphImport['layer']>[2][number]],
    );
    return;
  }
  const matrices = mode === 'nearest' ? [] : changed.map((resized) => matrixOf(state, node, resized, settings));
  const outside = coordinates === 'tf_crop_and_resize' ? changed.map((one) => insideOf(state, one)) : [];
  state.operation(node, [x, ...matrices, ...outside], (form, [value, ...others]) => {
    const { ops } = form;
    const y = changed.reduce((result, resized, i) => {
      const { place, input, output } = resized;
      form.length(value!, place);
      const at = place + form.lead(value!);
      if (mode === 'nearest') {
        const sources = places(output, (j) =>
          Math.min(Math.max(nearestPlace(coordinate(resized, j, coordinates), nearest), 0), input - 1),
        );
        return ops.gather(result, sources, at);
      }
      const last = result.rank - 1;
      const order = Array.from({ length: result.rank }, (_, j) => j);
      [order[at], order[last]] = [last, at];
      const moved = at === last ? result : ops.transpose(result, order);
      const product = ops.matmul(moved, others[i]!);
      return at === last ? product : ops.transpose(product, order);
    }, value!);
    // Places outside of the input have a number of their own.
    return others.slice(matrices.length).reduce((result, inside, i) => {
      const behind = form.rank(value!) - 1 - changed[i]!.place;
      const shaped = ops.reshape(inside, [inside.size, ...Array.from({ length: behind }, () => 1)]);
      return ops.where(shaped, result, settings.extrapolation);
    }, y);
  });
}

/** 1 for places of the output that lie within the input, else 0. */
function insideOf(_state: GraphImport, resized: Resized): GraphValue {
  const values = places(resized.output, (i) => {
    const x = coordinate(resized, i, 'tf_crop_and_resize');
    return Number(x >= 0 && x <= resized.input - 1);
  });
  return { kind: 'constant', shape: [values.length], values, isFloat: true };
}

/** Whether an UpsampleLayer computes the same. */
function isLayer(
  state: GraphImport,
  x: GraphValue,
  changed: readonly Resized[],
  { mode, coordinates, nearest }: Settings,
): boolean {
  const isImages = x.kind === 'rows' && state.batching === 'rows' && state.dims(x).length === 4;
  const fits = changed.every(({ place, input, output, scale }) => place >= 2 && f(output / input) === f(scale));
  if (!isImages || !fits || changed.length === 0) return false;
  if (mode === 'linear') return coordinates === 'half_pixel' && changed.every(({ output }) => output > 1);
  const isWhole = changed.every(({ input, output }) => output % input === 0);
  return mode === 'nearest' && coordinates === 'asymmetric' && nearest === 'floor' && isWhole;
}

/** Resize, since operator set 10. */
function resize(state: GraphImport, node: OnnxNode): void {
  const isOld = state.graph.opset < 11;
  const mode = node.string('mode', 'nearest');
  if (!['nearest', 'linear', 'cubic'].includes(mode)) throw node.bad('mode = nearest, linear or cubic', quote(mode));
  const coordinates = node.string('coordinate_transformation_mode', isOld ? 'asymmetric' : 'half_pixel');
  const nearest = node.string('nearest_mode', isOld ? 'floor' : 'round_prefer_floor');
  if (!coordinateModes.includes(coordinates))
    throw node.bad('a known coordinate_transformation_mode', quote(coordinates));
  if (!nearestModes.includes(nearest)) throw node.bad('a known nearest_mode', quote(nearest));
  node.requireInt('antialias', 0, [0]);
  const settings: Settings = {
    ...{ mode, coordinates, nearest },
    cubicA: node.float('cubic_coeff_a', -0.75),
    excludesOutside: node.int('exclude_outside', 0) !== 0,
    extrapolation: node.float('extrapolation_value', 0),
  };
  const policy = node.string('keep_aspect_ratio_policy', 'stretch');
  const x = state.floats(node);
  const dims = state.dims(x);
  const axes = (node.ints('axes') ?? dims.map((_, i) => i)).map((axis) => (axis < 0 ? axis + dims.length : axis));
  const numbers = (i: number) => {
    if (!state.has(node, i)) return undefined;
    const { shape, values } = state.constant(node, i);
    return sizeOf(shape) === 0 ? undefined : Array.from(values);
  };
  const scales = numbers(isOld ? 1 : 2);
  const sizes = state.has(node, 3) ? state.lengths(node, 3).values : undefined;
  const roi = coordinates === 'tf_crop_and_resize' ? numbers(1) : undefined;
  const given = scales ?? sizes;
  if (given?.length !== axes.length) throw node.bad(`${axes.length} scales or sizes`, `${given?.length ?? 'none'}`);
  if (roi && roi.length !== 2 * axes.length) throw node.bad(`a roi of ${2 * axes.length} numbers`, `${roi.length}`);
  if (coordinates === 'tf_crop_and_resize' && !roi) throw node.bad('a roi', 'none');
  const ratios = axes
    .map((axis, i) => Number(sizes?.[i]) / Number(dims[axis]))
    .filter((ratio) => Number.isFinite(ratio));
  if (!['stretch', 'not_larger', 'not_smaller'].includes(policy)) throw node.bad('a known policy', quote(policy));
  const common =
    policy === 'stretch' || scales ? undefined : policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  const changed = axes.flatMap((place, i): Resized[] => {
    const length = dims[place];
    if (length === undefined) throw node.bad(`axes of ${dims.length} dimensions`, `${place}`);
    const part: readonly [number, number] = roi ? [f(roi[i]!), f(roi[i + axes.length]!)] : [0, 1];
    const isSame = scales ? scales[i] === 1 : sizes![i] === length;
    if (length === 'rows') {
      if (!isSame || part[0] !== 0 || part[1] !== 1)
        throw node.bad('no scale for the dimension of the rows', `one for dimension ${place}`);
      return [];
    }
    const scale = scales?.[i] ?? common ?? Number(sizes![i]) / length;
    const output = scales
      ? Math.floor(f(f(scale) * length))
      : common
        ? Math.floor(common * length + 0.5)
        : Number(sizes![i]);
    if (!(scale > 0) || !(output >= 1 && output < 2 ** 31)) throw node.bad('lengths above 0', `${output}`);
    if (output === length && scale === 1 && part[0] === 0 && part[1] === 1) return [];
    return [{ place, input: length, output, scale: f(scale), roi: part }];
  });
  const isCut = scales && changed.some(({ input, scale }) => !Number.isInteger(f(scale * input)));
  if (isCut && (coordinates === 'align_corners' || coordinates === 'tf_crop_and_resize')) {
    // ONNX computes with the length before it is rounded down, runtimes with the one behind it.
    throw node.bad(`scales that make whole lengths with ${coordinates}`, `[${scales.slice(0, 9).join(', ')}]`);
  }
  if (common !== undefined && common <= 0) throw node.bad('lengths above 0', `a scale of ${common}`);
  resizeTo(state, node, x, changed, settings);
}

/** Upsample, before operator set 10: by scales, nearest or linear. */
function upsample(state: GraphImport, node: OnnxNode): void {
  const mode = node.string('mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear') throw node.bad('mode = nearest or linear', quote(mode));
  const x = state.floats(node);
  const dims = state.dims(x);
  const scales = node.floats('scales') ?? Array.from(state.constant(node, 1).values);
  if (scales.length !== dims.length) throw node.bad(`${dims.length} scales`, `${scales.length}`);
  const changed = dims.flatMap((length, place): Resized[] => {
    const scale = f(scales[place]!);
    if (scale === 1) return [];
    if (length === 'rows') throw node.bad('no scale for the dimension of the rows', `one for dimension ${place}`);
    const output = Math.floor(f(scale * length));
    if (!(scale > 0) || !(output >= 1 && output < 2 ** 31)) throw node.bad('lengths above 0', `${output}`);
    return [{ place, input: length, output, scale, roi: [0, 1] }];
  });
  const settings = { mode, coordinates: 'asymmetric', nearest: 'floor', cubicA: -0.75, excludesOutside: false };
  resizeTo(state, node, x, changed, { ...settings, extrapolation: 0 });
}

export const resizeNodes: Operators = { Resize: resize, Upsample: upsample };
