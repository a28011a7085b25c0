import { kernelOf, plainKernel, precisionOf } from '../../runtime/precision.js';
import type { KernelArgument, Operand } from '../../runtime/runner.js';
import { isOperand, type RecordedCall, usersOf } from '../recorded-call.js';

/** Calls with relu fused, and pairs of operands: readers of the first get the second instead. */
export interface FusedRelu {
  readonly calls: readonly RecordedCall[];
  readonly moved: readonly (readonly [from: Operand, to: Operand])[];
}

/** Convolutions, and the kernels that rectify their results as well. */
const rectifying: Readonly<Record<string, string>> = {
  convolution_forward: 'convolution_forward_relu',
  conv1d: 'conv1d_relu',
};

/** Gradients of convolutions' inputs, and the kernels that multiply them by relu's derivative as well. */
const rectifyingBackward: Readonly<Record<string, string>> = {
  convolution_backward_input: 'convolution_backward_input_relu',
  conv1d_backward_input: 'conv1d_backward_input_relu',
};

/** The kernel that a call's kernel has in a table, of the call's precision. */
function twinOf(table: Readonly<Record<string, string>>, { kernel }: RecordedCall): string | undefined {
  const twin = table[plainKernel(kernel)];
  return twin === undefined ? undefined : kernelOf(twin, precisionOf(kernel));
}

/**
 * Fuses relu into the convolution before it, and relu's derivative into the backward pass of the convolution or max pool
 * behind it. This saves a pass over the images or sequences for each. Results are the same bits. The convolution's sums are
 * not kept, since no other call reads them.
 */
export function fuseRelu(calls: readonly RecordedCall[]): FusedRelu {
  const fused: RecordedCall[] = [];
  const moved: [Operand, Operand][] = [];
  for (let i = 0; i < calls.length; i++) {
    const [call, next] = [calls[i]!, calls[i + 1]];
    const forward = next && fusedForward(call, next, calls);
    const both = forward ?? (next && fusedBackward(call, next, calls));
    if (forward) moved.push([next.args.x as Operand, next.args.y as Operand]);
    fused.push(both ?? call);
    if (both) i++;
  }
  if (fused.length === calls.length) return { calls, moved };
  return { calls: fused.map((call) => withMoved(call, moved)), moved };
}

/** The call with operands in their new places. */
function withMoved(call: RecordedCall, moved: FusedRelu['moved']): RecordedCall {
  const found = moved.find(([from]) => Object.values(call.args).includes(from));
  if (!found) return call;
  const args = Object.entries(call.args).map(([name, argument]) => [name, argument === found[0] ? found[1] : argument]);
  return { ...call, args: Object.fromEntries(args) };
}

function fusedForward(
  call: RecordedCall,
  next: RecordedCall,
  calls: readonly RecordedCall[],
): RecordedCall | undefined {
  const kernel = twinOf(rectifying, call);
  if (kernel === undefined || next.kernel !== 'relu_forward') return undefined;
  const sums = call.args.y;
  if (next.args.x !== sums || !isOperand(sums) || !isOperand(next.args.y)) return undefined;
  // relu_backward gives the same result for relu's input and its output. Any other reader needs the unrectified sums.
  const isFree = usersOf(sums, calls).every(
    (user) => user === call || user === next || (user.kernel === 'relu_backward' && user.args.x === sums),
  );
  return isFree ? { kernel, args: { ...call.args, y: next.args.y } } : undefined;
}

function fusedBackward(
  call: RecordedCall,
  next: RecordedCall,
  calls: readonly RecordedCall[],
): RecordedCall | undefined {
  if (next.kernel !== 'relu_backward') return undefined;
  // Before the users of an operand are looked for, which takes longest.
  const kernel = twinOf(rectifyingBackward, call);
  if (kernel === undefined && call.kernel !== 'max_pool_backward') return undefined;
  const { y: output, dy: delta, dx: result } = next.args;
  const isFree = (inner: KernelArgument | undefined) =>
    inner === delta && isOperand(inner) && usersOf(inner, calls).length === 2;
  if (!isFree(call.args.dx)) return undefined;
  const { accumulate = 0, ...own } = call.args;
  if (accumulate !== 0) return undefined;
  const args = { ...own, dx: result! };
  // The largest number of a window is known to be positive or 0 only if the pool reads relu's output itself.
  if (call.kernel === 'max_pool_backward' && call.args.x === output) return { kernel: 'max_pool_backward_relu', args };
  return kernel === undefined ? undefined : { kernel, args: { ...args, x: output! } };
}
