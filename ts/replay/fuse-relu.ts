import type { KernelArgument } from '../runner.js';
import { Tensor } from '../tensor.js';
import { extentOf, operandsOf, overlap, type RecordedCall } from './recorded-call.js';

/**
 * Fuses relu into the convolution before it, and relu's derivative into the backward pass of the convolution or max pool
 * behind it. This saves a pass over the images for each. Results are the same bits. The convolution's output takes the
 * place of the relu layer's, since no other call reads it.
 */
export function fuseRelu(calls: readonly RecordedCall[]): readonly RecordedCall[] {
  const fused: RecordedCall[] = [];
  for (let i = 0; i < calls.length; i++) {
    const [call, next] = [calls[i]!, calls[i + 1]];
    const both = next && (fusedForward(call, next, calls) ?? fusedBackward(call, next, calls));
    fused.push(both ?? call);
    if (both) i++;
  }
  return fused.length === calls.length ? calls : fused;
}

function fusedForward(
  { kernel, args }: RecordedCall,
  next: RecordedCall,
  calls: readonly RecordedCall[],
): RecordedCall | undefined {
  if (kernel !== 'convolution_forward' || next.kernel !== 'relu_forward') return undefined;
  const [x, w, b, sum, geometry] = args as [...Quad, KernelArgument];
  const [input, output] = next.args;
  if (input !== sum || !(sum instanceof Tensor) || !(output instanceof Tensor)) return undefined;
  // relu_backward gives the same result for relu's input and its output. Any other reader needs the unrectified sums.
  const isFree = users(sum, calls).every(
    (call) => call.args === args || call === next || (call.kernel === 'relu_backward' && call.args[0] === sum),
  );
  if (!isFree) return undefined;
  sum.moveTo(output);
  return { kernel: 'convolution_forward_relu', args: [x, w, b, output, geometry] };
}

function fusedBackward(
  { kernel, args }: RecordedCall,
  next: RecordedCall,
  calls: readonly RecordedCall[],
): RecordedCall | undefined {
  if (next.kernel !== 'relu_backward') return undefined;
  const [, output, delta, result] = next.args as Quad;
  const isFree = (inner: KernelArgument) =>
    inner === delta && inner instanceof Tensor && users(inner, calls).length === 2;
  if (kernel === 'max_pool_backward') {
    const [x, dy, dx, geometry] = args as Quad;
    // The largest number of a window is known to be positive or 0 only if the pool reads relu's output itself.
    if (x !== output || !isFree(dx)) return undefined;
    return { kernel: 'max_pool_backward_relu', args: [x, dy, result, geometry] };
  }
  if (kernel === 'convolution_backward_input') {
    const [w, dy, dx, geometry] = args as Quad;
    if (!isFree(dx)) return undefined;
    return { kernel: 'convolution_backward_input_relu', args: [w, dy, output, result, geometry] };
  }
  return undefined;
}

type Quad = [KernelArgument, KernelArgument, KernelArgument, KernelArgument];

/** Returns the calls that read or write a tensor's memory. */
function users(tensor: Tensor, calls: readonly RecordedCall[]): RecordedCall[] {
  const extent = extentOf(tensor);
  return calls.filter((call) => operandsOf(call).some((operand) => overlap(extentOf(operand), extent)));
}
