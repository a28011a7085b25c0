import type { KernelArgument, Operand } from '../runner.js';
import { covers, type Extent, extentOf, isOperand, operandsOf, overlap, type RecordedCall } from './recorded-call.js';

/** Tensors start at multiples of this many bytes; the bytes between two tensors are padding. */
const alignment = 64;

/** A pair of kernels, an optimizer's update and a layer's gradient, that one kernel can replace. */
interface Folding {
  readonly update: string;
  /** The kernel that replaces both. */
  readonly layer: string;
  /** Whether it is faster for that number of weights and of rows in a batch. */
  pays(weights: number, rows: number): boolean;
}

const foldings: readonly Folding[] = [
  { update: 'sgd_update', layer: 'fully_connected_descend', pays: () => true },
  {
    update: 'adam_update',
    layer: 'fully_connected_adam',
    // Each step begins with powers of β: too much for small layers. Large products need the cache for themselves.
    pays: (weights, rows) => weights >= 2 ** 15 && weights * rows <= 2 ** 23,
  },
];

/**
 * Fuses the update of plain SGD and Adam into the gradients of fully connected layers: weights are updated where their
 * gradient is computed, and the gradient is never stored. Results are the same bits. The optimizer's own kernel updates
 * all other parameters. A gradient that another call reads (clipping, a penalty) is not fused.
 */
export function fuseDescent(calls: readonly RecordedCall[]): readonly RecordedCall[] {
  const update = calls.findIndex(({ kernel }) => foldings.some((folding) => folding.update === kernel));
  if (update < 0) return calls;
  const { kernel, args } = calls[update]!;
  const { layer, pays } = foldings.find((folding) => folding.update === kernel)!;
  /** θ, the gradient, what the optimizer remembers, and its numbers. Tensors are all of one length. */
  const [theta, gradient, ...others] = args as [Operand, Operand, ...KernelArgument[]];
  const all = extentOf(gradient);
  const fused = calls.filter((call) => {
    if (call.kernel !== 'fully_connected_backward_weights') return false;
    const rows = (call.args[1] as Operand).shape[0]!;
    if (!pays(gradientsOf(call)[0].data.length, rows)) return false;
    const written = gradientsOf(call).map(extentOf);
    return written.every(
      (extent) =>
        covers(all, extent) &&
        calls.every(
          (other, i) => other === call || i === update || !operandsOf(other).some((o) => overlap(extentOf(o), extent)),
        ),
    );
  });
  if (fused.length === 0) return calls;
  const numbers = gradient.data as Float32Array | Float64Array;
  const itemBytes = numbers.BYTES_PER_ELEMENT;
  /** Returns the part of `whole` at the place that bytes `begin` to `end` have in the gradient. */
  const part = (whole: Operand, begin: number, end: number, shape?: readonly number[]): Operand => {
    const [first, last] = [(begin - all.begin) / itemBytes, (end - all.begin) / itemBytes];
    const data = (whole.data as typeof numbers).subarray(first, last);
    return { data, shape: shape ?? [data.length] };
  };
  const folded = fused.map((call): RecordedCall => {
    const partsOf = (whole: Operand) =>
      gradientsOf(call).map((own) => part(whole, extentOf(own).begin, extentOf(own).end, own.shape));
    const rest = others.flatMap<KernelArgument>((other) => (isOperand(other) ? partsOf(other) : [other]));
    return { kernel: layer, args: [call.args[0]!, call.args[1]!, ...partsOf(theta), ...rest] };
  });
  const rest = gaps(all, fused.flatMap(gradientsOf).map(extentOf)).map(
    ({ begin, end }): RecordedCall => ({
      kernel,
      args: args.map((argument) => (isOperand(argument) ? part(argument, begin, end) : argument)),
    }),
  );
  // Weights must not change before the last kernel that reads them has run: all do so where the update stood.
  return calls.flatMap((call, i) => {
    if (i === update) return [...folded, ...rest];
    return fused.includes(call) ? [] : [call];
  });
}

/** Returns dw and db of a call of fully_connected_backward_weights. */
function gradientsOf({ args }: RecordedCall): [Operand, Operand] {
  return [args[2] as Operand, args[3] as Operand];
}

/** Returns the extents of `all` that no part covers, without the padding behind parts. */
function gaps(all: Extent, parts: readonly Extent[]): Extent[] {
  const found: Extent[] = [];
  let begin = all.begin;
  for (const part of [...parts.toSorted((a, b) => a.begin - b.begin), { ...all, begin: all.end }]) {
    if (part.begin > begin) found.push({ ...all, begin, end: part.begin });
    begin = all.begin + Math.ceil((part.end - all.begin) / alignment) * alignment;
  }
  return found;
}
