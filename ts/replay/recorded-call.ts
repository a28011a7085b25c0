import type { KernelArgument, Operand } from '../runner.js';

/** A kernel call as it was written down, its arguments in the kernel's order. */
export interface RecordedCall {
  readonly kernel: string;
  readonly args: readonly KernelArgument[];
}

/** Bytes from `begin` to `end` of a buffer. */
export interface Extent {
  readonly buffer: ArrayBufferLike;
  readonly begin: number;
  readonly end: number;
}

export function extentOf({ data }: Operand): Extent {
  return { buffer: data.buffer, begin: data.byteOffset, end: data.byteOffset + data.byteLength };
}

/** Whether an argument lies in memory of its own: it is neither a number nor a port. */
export function isOperand(argument: KernelArgument): argument is Operand {
  return typeof argument === 'object' && 'data' in argument;
}

/** Those of a call's arguments. */
export function operandsOf({ args }: RecordedCall): Operand[] {
  return args.filter(isOperand);
}

export function overlap(a: Extent, b: Extent): boolean {
  return a.buffer === b.buffer && a.begin < b.end && b.begin < a.end;
}

export function covers(all: Extent, part: Extent): boolean {
  return all.buffer === part.buffer && all.begin <= part.begin && part.end <= all.end;
}
