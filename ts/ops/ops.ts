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

/** The operations on one tape. */
export function opsOn(tape: Tape): Ops {
  const bound = Object.entries(operations).map(([name, operation]) => [
    name,
    (operation as (tape: Tape, ...args: unknown[]) => unknown).bind(undefined, tape),
  ]);
  return Object.fromEntries(bound) as Ops;
}
