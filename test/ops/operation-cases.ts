import type { DType, Ops, Tensor } from 'blasnet';
import * as operations from '#blasnet/ops/operations/index';
import { opsOn } from '#blasnet/ops/ops';
import { Tape } from '#blasnet/ops/tape';
import { Value } from '#blasnet/ops/value';
import type { Runner } from '#blasnet/runtime/runner';
import { awayFrom, randomTensor } from '../support/numerics.js';
import type { OperationCase } from './cases.js';

export const names = Object.keys(operations) as (keyof Ops)[];

export function inputsOf({ shapes, range = [-1, 1], kink }: OperationCase, dtype: DType = 'float64'): Tensor[] {
  return shapes.map((shape, i) => {
    const x = randomTensor(shape, 31 * i + shape.length, ...range);
    return (kink === undefined ? x : awayFrom(kink, 0.01, x)).clone(dtype);
  });
}

export interface Pass {
  readonly y: Tensor;
  readonly gradients: readonly Tensor[];
}

/** The operation on those inputs and, with c, the gradients of Σ c·y. `times`: so often, the results added up. */
export function pass(runner: Runner, { apply }: OperationCase, inputs: readonly Tensor[], c?: Tensor, times = 1): Pass {
  const tape = new Tape(runner);
  const ops = opsOn(tape);
  const values = inputs.map((x) => new Value(x));
  let y: Value = apply(ops, ...values);
  for (let i = 1; i < times; i++) y = ops.add(y, apply(ops, ...values));
  const wanted = values.map((value) => ({ value }));
  return { y: y.tensor, gradients: c ? tape.backward([{ value: y, gradient: c.reshape(y.shape) }], wanted) : [] };
}
