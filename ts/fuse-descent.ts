import { covers, type Extent, extentOf, operandsOf, overlap, type RecordedCall } from './recorded-call.js';
import type { KernelArgument, Operand } from './runner.js';

/** Tensors start at multiples of so many bytes; what lies between the end of one and that is none. */
const alignment = 64;

/**
 * Folds plain SGD into the gradients of fully connected layers: their weights change where their gradient is computed,
 * which then is never stored. Each number is rounded as in two steps. Other parameters go on changing by `sgd_update`.
 * Gradients that something else reads as well (a clip, a penalty) stay as they are.
 */
export function fuseDescent(calls: readonly RecordedCall[]): readonly RecordedCall[] {
  const update = calls.findIndex(({ kernel }) => kernel === 'sgd_update');
  if (update < 0) return calls;
  const [theta, gradient, learningRate] = calls[update]!.args as [Operand, Operand, KernelArgument];
  const all = extentOf(gradient);
  const fused = calls.filter((call) => {
    if (call.kernel !== 'fully_connected_backward_weights') return false;
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
  const numbers = theta.data as Float32Array | Float64Array;
  const itemBytes = numbers.BYTES_PER_ELEMENT;
  /** The same place in θ. */
  const parameterOf = ({ data, shape }: Operand): Operand => {
    const first = (data.byteOffset - all.begin) / itemBytes;
    return { data: numbers.subarray(first, first + data.length), shape };
  };
  const descents = fused.map((call): RecordedCall => {
    const [x, dz] = call.args as [KernelArgument, KernelArgument];
    const [w, b] = gradientsOf(call).map(parameterOf) as [Operand, Operand];
    return { kernel: 'fully_connected_descend', args: [x, dz, w, b, learningRate] };
  });
  const rest = gaps(all, fused.flatMap(gradientsOf).map(extentOf)).map(({ begin, end }): RecordedCall => {
    const part = (whole: Operand): Operand => {
      const data = (whole.data as typeof numbers).subarray(
        (begin - all.begin) / itemBytes,
        (end - all.begin) / itemBytes,
      );
      return { data, shape: [data.length] };
    };
    return { kernel: 'sgd_update', args: [part(theta), part(gradient), learningRate] };
  });
  // Weights must not change before the last kernel that reads them has run: all do so where the update stood.
  return calls.flatMap((call, i) => {
    if (i === update) return [...descents, ...rest];
    return fused.includes(call) ? [] : [call];
  });
}

/** dw and db of a call of fully_connected_backward_weights. */
function gradientsOf({ args }: RecordedCall): [Operand, Operand] {
  return [args[2] as Operand, args[3] as Operand];
}

/** What the parts leave of the whole, without what only fills up to the next tensor's address. */
function gaps(all: Extent, parts: readonly Extent[]): Extent[] {
  const found: Extent[] = [];
  let begin = all.begin;
  for (const part of [...parts.toSorted((a, b) => a.begin - b.begin), { ...all, begin: all.end }]) {
    if (part.begin > begin) found.push({ ...all, begin, end: part.begin });
    begin = all.begin + Math.ceil((part.end - all.begin) / alignment) * alignment;
  }
  return found;
}
