import { kernelOf, plainKernel, precisionOf } from '../../runtime/precision.js';
import type { KernelArgument, Operand } from '../../runtime/runner.js';
import { covers, type Extent, extentOf, isOperand, operandsOf, overlap, type RecordedCall } from '../recorded-call.js';
import { alignment, paysToFoldAdam } from '../sizes.js';

/** A pair of kernels, an optimizer's update and a layer's gradient, that one kernel can replace. */
interface Folding {
  readonly update: string;
  /** The kernel that replaces both. */
  readonly layer: string;
  /** The parts of the update's tensors for W and B, by their names in the layer's kernel. */
  readonly parts: Readonly<Record<string, readonly [w: string, b: string]>>;
  /** Whether it is faster for that number of weights and of rows in a batch. */
  pays(weights: number, rows: number): boolean;
}

const foldings: readonly Folding[] = [
  { update: 'sgd_update', layer: 'fully_connected_descend', parts: { theta: ['w', 'b'] }, pays: () => true },
  {
    update: 'adam_update',
    layer: 'fully_connected_adam',
    parts: { theta: ['w', 'b'], mean: ['wMean', 'bMean'], squares: ['wSquares', 'bSquares'] },
    pays: paysToFoldAdam,
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
  const { layer, parts, pays } = foldings.find((folding) => folding.update === kernel)!;
  /** The gradient of all parameters; the other tensors of the update are as long. */
  const gradient = args.gradient as Operand;
  const all = extentOf(gradient);
  const fused = calls.filter((call) => {
    if (plainKernel(call.kernel) !== 'fully_connected_backward_weights') return false;
    const rows = (call.args.dz as Operand).shape[0]!;
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
    const own = gradientsOf(call);
    const ofLayer = Object.entries(parts).flatMap(([name, names]) =>
      names.map((partName, i) => {
        const { begin, end } = extentOf(own[i]!);
        return [partName, part(args[name] as Operand, begin, end, own[i]!.shape)] as const;
      }),
    );
    const numbers = Object.entries(args).filter(([, argument]) => !isOperand(argument));
    const { x, dz } = call.args;
    return {
      kernel: kernelOf(layer, precisionOf(call.kernel)),
      args: { x: x!, dz: dz!, ...Object.fromEntries([...ofLayer, ...numbers]) },
    };
  });
  const rest = gaps(all, fused.flatMap(gradientsOf).map(extentOf)).map(
    ({ begin, end }): RecordedCall => ({
      kernel,
      args: mapArguments(args, (argument) => (isOperand(argument) ? part(argument, begin, end) : argument)),
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
  return [args.dw as Operand, args.db as Operand];
}

function mapArguments(
  args: RecordedCall['args'],
  change: (argument: KernelArgument) => KernelArgument,
): Record<string, KernelArgument> {
  return Object.fromEntries(Object.entries(args).map(([name, argument]) => [name, change(argument)]));
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
