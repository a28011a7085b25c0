import type { UpdateTarget } from '../optimizers/index.js';
import { Tensor } from '../tensor.js';
import type { Parameter } from '../weights-bias.js';

/** Trainable parameters that lie side by side in a net's block, from number `begin` to `end` (excluded) of it. */
interface Range {
  readonly begin: number;
  end: number;
  /** Whether l1 and l2 count them. */
  readonly isPenalized: boolean;
}

/**
 * Cuts the target of an update into ranges of parameters of one kind: in each, weight decay applies to all or to none.
 * @param parameters - all of the net, in any order
 * @param whole - the target for the whole block
 */
export function targetsByKind(parameters: readonly Parameter[], whole: UpdateTarget): readonly UpdateTarget[] {
  return rangesOf(parameters, whole.theta).map(({ begin, end, isPenalized }) => {
    const part = ({ data }: Tensor) => Tensor.from(data.subarray(begin, end));
    const state = Object.fromEntries(Object.entries(whole.state).map(([name, array]) => [name, part(array)]));
    return { ...whole, theta: part(whole.theta), gradient: part(whole.gradient), state, decays: isPenalized };
  });
}

function rangesOf(parameters: readonly Parameter[], theta: Tensor): Range[] {
  const placeOf = ({ value }: Parameter) =>
    (value.data.byteOffset - theta.data.byteOffset) / value.data.BYTES_PER_ELEMENT;
  const places = parameters
    .filter(({ trainable }) => trainable)
    .map((parameter) => ({ begin: placeOf(parameter), isPenalized: parameter.penalized }))
    .toSorted((a, b) => a.begin - b.begin);
  const ranges: Range[] = [];
  for (const { begin, isPenalized } of places) {
    const last = ranges.at(-1);
    if (last?.isPenalized === isPenalized) continue;
    if (last) last.end = begin; // the padding in between belongs to the first
    ranges.push({ begin, end: theta.size, isPenalized });
  }
  return ranges;
}
