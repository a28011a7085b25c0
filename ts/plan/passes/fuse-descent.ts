import { kernelOf, plainKernel, precisionOf } from '../../runtime/precision.js';
import type { KernelArgument, Operand } from '../../runtime/runner.js';
import { covers, type Extent, extentOf, isOperand, operandsOf, overlap, type RecordedCall } from '../recorded-call.js';
import { alignment, paysToFoldAdam } from '../sizes.js';

/** A pair of kernels, one that computes a layer's gradients and an optimizer's update, that one kernel can replace. */
interface Folding {
  readonly update: string;
  readonly gradient: string;
  /** The gradients that the kernel writes, by their names there. */
  readonly written: readonly string[];
  /** Its other arguments, which the kernel that replaces both takes as well. */
  readonly read: readonly string[];
  /** The kernel that replaces both. */
  readonly layer: string;
  /** The parts of the update's tensors at the places of the gradients, by their names in the layer's kernel. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
  /** Whether it is faster for that number of weights and of rows in a batch. */
  pays(weights: number, rows: number): boolean;
}

const ofFullyConnected = { gradient: 'fully_connected_backward_weights', written: ['dw', 'db'], read: ['x', 'dz'] };

/** Foldings for tables of which only the rows that occur are read and written. */
function ofRows(kernel: string, read: readonly string[]): Folding[] {
  const table = { gradient: `${kernel}_backward`, written: ['dw'], read, pays: () => true };
  const parts = { theta: ['w'], gradient: ['sums'] };
  return [
    { ...table, update: 'sgd_update', layer: `${kernel}_descend`, parts },
    { ...table, update: 'ada_grad_update', layer: `${kernel}_ada_grad`, parts: { ...parts, squares: ['squares'] } },
    {
      ...table,
      update: 'lazy_adam_update',
      layer: `${kernel}_adam`,
      parts: { ...parts, mean: ['mean'], squares: ['squares'] },
    },
  ];
}

const foldings: readonly Folding[] = [
  {
    ...ofFullyConnected,
    update: 'sgd_update',
    layer: 'fully_connected_descend',
    parts: { theta: ['w', 'b'] },
    pays: () => true,
  },
  {
    ...ofFullyConnected,
    update: 'adam_update',
    layer: 'fully_connected_adam',
    parts: { theta: ['w', 'b'], mean: ['wMean', 'bMean'], squares: ['wSquares', 'bSquares'] },
    pays: paysToFoldAdam,
  },
  ...ofRows('embedding', ['numbers', 'dy']),
  ...ofRows('embedding_bag', ['numbers', 'weights', 'dy']),
];

/**
 * Fuses the update of plain SGD and Adam into the gradients of fully connected layers, and that of SGD, AdaGrad and lazy Adam into
 * the gradients of embeddings: weights are updated where their gradient is computed, and the gradient is never stored. Results are the same
 * bits. The optimizer's own kernel updates all other parameters. A gradient that another call reads or adds to (clipping, a
 * penalty) is not fused.
 */
export function fuseDescent(calls: readonly RecordedCall[]): readonly RecordedCall[] {
  const updates = calls.filter(({ kernel }) => foldings.some((folding) => folding.update === kernel));
  return updates.reduce(fuseUpdate, calls);
}

/** Fuses one of the updates, that of parameters which are updated alike. */
function fuseUpdate(calls: readonly RecordedCall[], update: RecordedCall): readonly RecordedCall[] {
  const { kernel, args } = update;
  /** The gradient of all parameters; the other tensors of the update are as long. */
  const gradient = args.gradient as Operand;
  const all = extentOf(gradient);
  const isAlone = (call: RecordedCall, extent: Extent) =>
    covers(all, extent) &&
    calls.every(
      (other) => other === call || other === update || !operandsOf(other).some((o) => overlap(extentOf(o), extent)),
    );
  const fused = calls.flatMap((call): { call: RecordedCall; folding: Folding; gradients: Operand[] }[] => {
    const folding = foldings.find((one) => one.update === kernel && one.gradient === plainKernel(call.kernel));
    if (!folding || call.args.accumulate === 1) return [];
    const gradients = folding.written.map((name) => call.args[name] as Operand);
    const rows = (call.args[folding.read[1]!] as Operand).shape[0]!;
    if (!folding.pays(gradients[0]!.data.length, rows)) return [];
    return gradients.every((one) => isAlone(call, extentOf(one))) ? [{ call, folding, gradients }] : [];
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
  const constants = Object.entries(args).filter(([, argument]) => !isOperand(argument));
  const folded = fused.map(({ call, folding, gradients }): RecordedCall => {
    const read = folding.read.map((name) => [name, call.args[name]!] as const);
    const ofLayer = Object.entries(folding.parts).flatMap(([name, names]) =>
      names.map((partName, i) => {
        const { begin, end } = extentOf(gradients[i]!);
        return [partName, part(args[name] as Operand, begin, end, gradients[i]!.shape)] as const;
      }),
    );
    return {
      kernel: kernelOf(folding.layer, precisionOf(call.kernel)),
      args: Object.fromEntries([...read, ...ofLayer, ...constants]),
    };
  });
  const written = fused.flatMap(({ gradients }) => gradients.map(extentOf));
  const rest = gaps(all, written).map(
    ({ begin, end }): RecordedCall => ({
      kernel,
      args: mapArguments(args, (argument) => (isOperand(argument) ? part(argument, begin, end) : argument)),
    }),
  );
  // Weights must not change before the last kernel that reads them has run: all do so where the update stood.
  return calls.flatMap((call) => {
    if (call === update) return [...folded, ...rest];
    return fused.some((one) => one.call === call) ? [] : [call];
  });
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
