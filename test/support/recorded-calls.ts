import type { RecordedCall } from '#blasnet/plan/recorded-call';
import { native } from '#blasnet/runtime/native';
import type { KernelArgument } from '#blasnet/runtime/runner';

/** A call with its arguments in the kernel's order. */
export function recordedCall(kernel: string, ...args: readonly KernelArgument[]): RecordedCall {
  return { kernel, args: Object.fromEntries(native.kernels[kernel]!.map(({ name }, i) => [name, args[i]!])) };
}

/** The arguments of a call in the kernel's order, without those that the call lacks. */
export function argumentsOf({ kernel, args }: RecordedCall): KernelArgument[] {
  return native.kernels[kernel]!.flatMap(({ name }) => args[name] ?? []);
}
