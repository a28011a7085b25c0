import type { KernelArgument, Operand } from '../runtime/runner.js';
import { type Extent, Tensor } from '../tensor/tensor.js';

export type { Extent } from '../tensor/tensor.js';

/** A recorded kernel call, its arguments by their names. */
export interface RecordedCall {
  readonly kernel: string;
  readonly args: Readonly<Record<string, KernelArgument>>;
}

/** Returns the bytes of an operand; those of a workspace that has no memory yet are counted from its beginning. */
export function extentOf(operand: Operand): Extent {
  if (operand instanceof Tensor) return operand.extent;
  const { buffer, byteOffset, byteLength } = operand.data;
  return { memory: buffer, begin: byteOffset, end: byteOffset + byteLength };
}

/** Whether an argument has memory: it is not a number, a scalar or a bound input. */
export function isOperand(argument: KernelArgument | undefined): argument is Operand {
  return typeof argument === 'object' && 'data' in argument;
}

/** Returns the arguments of a call that have memory. */
export function operandsOf({ args }: RecordedCall): Operand[] {
  return Object.values(args).filter(isOperand);
}

/** Whether two extents have a byte in common. */
export function overlap(a: Extent, b: Extent): boolean {
  return a.memory === b.memory && a.begin < b.end && b.begin < a.end;
}

/** Whether `part` lies within `all`. */
export function covers(all: Extent, part: Extent): boolean {
  return all.memory === part.memory && all.begin <= part.begin && part.end <= all.end;
}

/** Returns the calls that read or write an operand's memory. */
export function usersOf(operand: Operand, calls: readonly RecordedCall[]): RecordedCall[] {
  const extent = extentOf(operand);
  const touches = (argument: KernelArgument) => isOperand(argument) && overlap(extentOf(argument), extent);
  return calls.filter(({ args }) => Object.values(args).some(touches));
}
