// @internal
import { BlasnetError } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { definedFields } from '../../core/objects.js';
import { checkedPreparation } from '../../data/preparation/check-preparation.js';
import {
  type FeatureScaling,
  isRowPreparation,
  type LabelScaling,
  type Preparation,
} from '../../data/preparation/preparation.js';
import type { NeuralNet } from '../../neural-net.js';
import { sizeOf } from '../../tensor/tensor.js';
import { metadataKeys } from '../messages.js';
import type { Affine } from './affine.js';
import type { Chain } from './chain.js';

/** Relative tolerance between the numbers of the nodes, which may be float32, and those of the metadata. */
const tolerance = 1e-6;

/**
 * The preparation of a net: the arithmetic before and behind all layers, and the names of the classes. The metadata of
 * models that blasnet has written hold the same numbers exactly, and what nodes cannot express.
 * @returns undefined where the model has none of these
 * @throws BlasnetError `ERR_BAD_FILE` for metadata that contradict the nodes, and for arithmetic that no preparation can do
 */
export function preparationOf(chain: Chain, inputShape: readonly number[], net: NeuralNet): Preparation | undefined {
  const { entry, exit, graph, where } = chain;
  const isFitting = net.params.netType === 'fitting';
  if (exit && !isFitting) {
    throw exit.first.bad('a net for fitting in front of arithmetic with constants', 'a classifier');
  }
  const x = entry && featureScalingOf(entry);
  const y = exit && labelScalingOf(exit);
  const json = graph.metadata.get(metadataKeys.preparation);
  if (json === undefined) {
    const classes = isFitting ? undefined : classesOf(chain);
    return x || y || classes
      ? naming(where, () => checkedPreparation({ inputShape, ...definedFields({ x, y, classes }) }))
      : undefined;
  }
  const value = parsed(json, where);
  const told = naming(where, () => checkedPreparation(value));
  if (!isRowPreparation(told)) {
    throw badFile(where, 'metadata of one input without a name', Object.keys(told.inputs!).join(', '));
  }
  if (sizeOf(told.inputShape) !== sizeOf(inputShape)) {
    throw badFile(where, `metadata of rows of [${inputShape.join(', ')}]`, `[${told.inputShape.join(', ')}]`);
  }
  const size = sizeOf(inputShape);
  const agrees =
    agree(size, x && numbersOf(x, size), told.x && numbersOf(told.x, size)) &&
    (!isFitting || agree(Math.max(width(y), width(told.y)), y && restoring(y), told.y && restoring(told.y)));
  if (!agrees) throw badFile(where, 'metadata with the preparation that the nodes do', 'another preparation');
  return told;
}

/** Names for the outputs of a classifier; of one output, for 0 and 1. */
function classesOf({ classes, rowShape, bothClasses, where }: Chain): readonly string[] | undefined {
  const outputs = bothClasses ? 2 : Math.max(sizeOf(rowShape), 2);
  if (!classes || classes.length === outputs) return classes;
  throw badFile(where, `names of ${outputs} classes`, `${classes.length}`);
}

/** The arithmetic as (x / divisor − offset) · scale, which is exact where a factor is 0 only if the term is 0, too. */
function featureScalingOf({ divisor, factor, term, rowShape, first }: Affine): FeatureScaling {
  const offset = factor.map((by, i) => (by === 0 ? 0 : -term[i]! / by));
  if (factor.some((by, i) => by === 0 && term[i] !== 0))
    throw first.bad('arithmetic that keeps each column, or makes it 0', 'a factor of 0 and another constant');
  const [channels] = rowShape;
  const share = factor.length / channels!;
  const isUniform = (values: Float64Array) => values.every((value, i) => value === values[i - (i % share)]);
  if (rowShape.length === 3 && isUniform(factor) && isUniform(offset)) {
    const perChannel = (values: Float64Array) => Array.from({ length: channels! }, (_, i) => values[i * share]!);
    return { per: 'channel', divisor, offset: perChannel(offset), scale: perChannel(factor) };
  }
  return { per: 'column', divisor, offset: Array.from(offset), scale: Array.from(factor) };
}

function labelScalingOf({ divisor, factor, term }: Affine): LabelScaling {
  return { offset: Array.from(term), scale: Array.from(factor, (by) => by / divisor) };
}

/** The map x · factor + term of each number of a row. */
interface Line {
  readonly factor: (i: number) => number;
  readonly term: (i: number) => number;
}

function numbersOf({ divisor, offset, scale }: FeatureScaling, size: number): Line {
  const share = size / offset.length;
  const at = (i: number) => Math.floor(i / share);
  return { factor: (i) => scale[at(i)]! / divisor, term: (i) => -offset[at(i)]! * scale[at(i)]! };
}

const restoring = ({ offset, scale }: LabelScaling): Line => ({ factor: (i) => scale[i]!, term: (i) => offset[i]! });

const width = (y: LabelScaling | undefined) => y?.scale.length ?? 0;

const unchanged: Line = { factor: () => 1, term: () => 0 };

function agree(size: number, a: Line = unchanged, b: Line = unchanged): boolean {
  const isNear = (left: number, right: number) => Math.abs(left - right) <= tolerance * Math.abs(right);
  for (let i = 0; i < size; i++) {
    if (!isNear(a.factor(i), b.factor(i)) || !isNear(a.term(i), b.term(i))) return false;
  }
  return true;
}

function parsed(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw badFile(where, `JSON as ${metadataKeys.preparation}`, 'something else', cause);
  }
}

function naming<Result>(where: string, make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof BlasnetError)) throw cause;
    throw new BlasnetError('ERR_BAD_FILE', `${cause.message} in ${where}`, { cause });
  }
}
