import { badArgument } from '../errors.js';
import * as operations from './operations/index.js';
import type { Tape } from './tape.js';

type Operations = typeof operations;

/** An operation without its first argument, the tape. */
type OnTape<F> = F extends (tape: Tape, ...args: infer A) => infer R ? (...args: A) => R : never;

/**
 * The operations of which layers and losses are composed. Each gives a new value, runs or records one kernel or a few,
 * and knows its gradient. Shapes broadcast as in NumPy; numbers count as tensors of one element.
 */
export type Ops = { readonly [Name in keyof Operations]: OnTape<Operations[Name]> };

/** The names of all operations. */
export const operationNames: readonly (keyof Ops)[] = Object.freeze(Object.keys(operations) as (keyof Ops)[]);

const tapes = new WeakMap<Ops, Tape>();

/** The operations on one tape. */
export function opsOn(tape: Tape): Ops {
  const bound = Object.entries(operations).map(([name, operation]) => [
    name,
    (operation as (tape: Tape, ...args: unknown[]) => unknown).bind(undefined, tape),
  ]);
  const ops = Object.fromEntries(bound) as Ops;
  tapes.set(ops, tape);
  return ops;
}

/**
 * The tape of operations, for kernels that are no operations.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but operations that `opsOn` made
 */
export function tapeOf(ops: Ops): Tape {
  const tape = tapes.get(ops);
  if (!tape) throw badArgument('ops', 'the operations that call receives', ops);
  return tape;
}
