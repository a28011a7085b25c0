import type { Parameter } from '../graph/weights-bias.js';
import type { UpdateTarget } from '../optimizers/index.js';
import type { Tensor } from '../tensor/tensor.js';
import { type NumberRange, pieceOf } from './update-pieces.js';

/** How parameters are updated. */
interface Kind {
  /** Whether weight decay applies. */
  readonly decays: boolean;
  /** Multiplies the learning rate. */
  readonly rateFactor: number;
  /** Numbers of a row, where rows without a gradient may stay as they are. */
  readonly rowSize: number | undefined;
}

/** Parameters that lie side by side in a net's block, from number `begin` to `end` (excluded) of it. */
interface Range extends Kind {
  readonly begin: number;
  end: number;
}

/** A part of the parameters, and what its learning rate is multiplied by. */
interface PartOfTarget {
  readonly target: UpdateTarget;
  readonly rateFactor: number;
}

/**
 * Cuts the target of an update into ranges of parameters that are updated alike.
 * @param parameters - all of the net, in any order
 * @param whole - the target for the whole block
 * @param excludes - whether weight decay applies only to parameters that l1 and l2 count
 * @param pieces - of the block, those that are updated, which lie within no rows that may stay as they are; default: all
 */
export function partsByKind(
  parameters: readonly Parameter[],
  whole: UpdateTarget,
  excludes: boolean,
  pieces?: readonly NumberRange[],
): readonly PartOfTarget[] {
  const ranges = rangesOf(parameters, whole.theta, excludes);
  if (pieces) return ranges.flatMap((range) => intersections(range, pieces)).map((range) => partOf(whole, range));
  if (ranges.length === 0 || (ranges.length === 1 && ranges[0]!.rowSize === undefined)) {
    const { decays = true, rateFactor = 1 } = ranges[0] ?? {};
    return [{ target: { ...whole, decays }, rateFactor }];
  }
  return ranges.map((range) => partOf(whole, range));
}

function partOf(whole: UpdateTarget, range: Range): PartOfTarget {
  const { decays, rateFactor, rowSize } = range;
  const part = (array: Tensor) => pieceOf(array, range);
  const state = Object.fromEntries(Object.entries(whole.state).map(([name, array]) => [name, part(array)]));
  const target = { ...whole, theta: part(whole.theta), gradient: part(whole.gradient), state, decays, rowSize };
  return { target, rateFactor };
}

/** The part of the range that lies in each piece. */
function intersections(range: Range, pieces: readonly NumberRange[]): readonly Range[] {
  return pieces.flatMap(({ begin, end }) => {
    const common = { ...range, begin: Math.max(begin, range.begin), end: Math.min(end, range.end) };
    return common.begin < common.end ? common : [];
  });
}

function rangesOf(parameters: readonly Parameter[], theta: Tensor, excludes: boolean): Range[] {
  const placeOf = ({ value }: Parameter) =>
    (value.data.byteOffset - theta.data.byteOffset) / value.data.BYTES_PER_ELEMENT;
  const places = parameters
    .filter(({ isTrained }) => isTrained)
    .map((parameter) => ({ begin: placeOf(parameter), size: parameter.value.size, ...kindOf(parameter, excludes) }))
    .toSorted((a, b) => a.begin - b.begin);
  const ranges: Range[] = [];
  for (const { begin, size, ...kind } of places) {
    const last = ranges.at(-1);
    const isLazy = kind.rowSize !== undefined; // a table of its own, without the padding behind it
    if (last && last.rowSize === undefined) {
      if (!isLazy && last.decays === kind.decays && last.rateFactor === kind.rateFactor) continue;
      last.end = begin; // the padding in between belongs to the first
    }
    ranges.push({ begin, end: isLazy ? begin + size : theta.size, ...kind });
  }
  return ranges;
}

function kindOf({ penalized, learning, rowSize }: Parameter, excludes: boolean): Kind {
  return { decays: penalized || !excludes, rateFactor: learning.learningRateFactor, rowSize };
}
