import { badArgument } from '../core/errors.js';
import * as operations from './operations/index.js';
import type { Tape } from './tape.js';

type Operations = typeof operations;

/** An operation without its first argument, the tape. */
type OnTape<F> = F extends (tape: Tape, ...args: infer A) => infer R ? (...args: A) => R : never;

/**
 * The operations of which layers and losses are composed. Each gives a new value, runs or records one kernel or a few,
 * and has a gradient. Shapes broadcast as in NumPy; numbers count as tensors of one element.
 */
export type Ops = { readonly [Name in keyof Operations]: OnTape<Operations[Name]> };

/** The names of all operations. */
export const operationNames: readonly (keyof Ops)[] = Object.freeze(Object.keys(operations) as (keyof Ops)[]);

const tapes = new WeakMap<Ops, Tape>();

/** Getters that bind an operation when it is first asked for: a layer needs a few of them, often for shapes alone. */
const binding = Object.defineProperties(
  {},
  Object.fromEntries(
    Object.entries<(tape: Tape, ...args: never[]) => unknown>(operations).map(([name, operation]) => [
      name,
      {
        get(this: Ops) {
          const value = operation.bind(undefined, tapeOf(this));
          Object.defineProperty(this, name, { value });
          return value;
        },
      },
    ]),
  ),
);

/** The operations on one tape. */
export function opsOn(tape: Tape): Ops {
  const ops = Object.create(binding) as Ops;
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
