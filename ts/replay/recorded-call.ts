import type { KernelArgument, Operand } from '../runner.js';

/** A recorded kernel call, its arguments in the kernel's order. */
export interface RecordedCall {
  readonly kernel: string;
  readonly args: readonly KernelArgument[];
}

/** The bytes from `begin` to `end` (excluded) of a buffer. */
export interface Extent {
  readonly buffer: ArrayBufferLike;
  readonly begin: number;
  readonly end: number;
}

/** Returns the bytes of an operand. */
export function extentOf({ data }: Operand): Extent {
  return { buffer: data.buffer, begin: data.byteOffset, end: data.byteOffset + data.byteLength };
}

/** Whether an argument has memory: it is not a number, a slot or a port. */
export function isOperand(argument: KernelArgument): argument is Operand {
  return typeof argument === 'object' && 'data' in argument;
}

/** Returns the arguments of a call that have memory. */
export function operandsOf({ args }: RecordedCall): Operand[] {
  return args.filter(isOperand);
}

/** Whether two extents have a byte in common. */
export function overlap(a: Extent, b: Extent): boolean {
  return a.buffer === b.buffer && a.begin < b.end && b.begin < a.end;
}

/** Whether `part` lies within `all`. */
export function covers(all: Extent, part: Extent): boolean {
  return all.buffer === part.buffer && all.begin <= part.begin && part.end <= all.end;
}
