import type { Arena, ArenaSlice } from '../../runtime/arena.js';
import { type Extent, extentOf, isOperand, operandsOf, overlap, type RecordedCall } from '../recorded-call.js';
import { isWhole, type Life, livesOf } from './lives.js';

const activations = [
  ...['sigmoid', 'tanh', 'relu', 'leaky_relu', 'elu', 'gelu', 'silu', 'softplus'],
  ...['selu', 'relu6', 'hard_swish', 'mish', 'softsign'],
];

/** Kernels that compute each number from those at its place, and so may write where they read: what they read, and write. */
const elementwise: Readonly<Record<string, { readonly read: readonly string[]; readonly written: string }>> = {
  ...Object.fromEntries(activations.map((name) => [`${name}_forward`, { read: ['x'], written: 'y' }])),
  ...Object.fromEntries(activations.map((name) => [`${name}_backward`, { read: ['dy'], written: 'dx' }])),
  add: { read: ['a', 'b'], written: 'y' },
};

/** Backward kernels that give the same bits where they get the activation's result in place of its input. */
const needOnlyResults = ['relu_backward', 'sigmoid_backward', 'tanh_backward'];

/** Calls that may share memory. */
export interface InPlace {
  readonly calls: readonly RecordedCall[];
  /** Parts of the workspace, and the parts whose memory they are to take. */
  readonly places: ReadonlyMap<ArenaSlice, ArenaSlice>;
}

/**
 * Finds results of element-wise calls that can take the memory of an operand, which nothing uses after the call. This saves
 * memory, and the time to fetch further lines of it into the cache. Results are the same bits.
 * @param kept - extents that are read after the calls
 */
export function writeInPlace(workspace: Arena, recorded: readonly RecordedCall[], kept: readonly Extent[]): InPlace {
  const calls = recorded.map((call) =>
    needOnlyResults.includes(call.kernel) ? { ...call, args: { ...call.args, x: call.args.y! } } : call,
  );
  const lives = new Map(
    livesOf(workspace, calls, kept).flatMap((life) => (life.last < 0 ? [] : [[life.slice.offset, life] as const])),
  );
  const lifeOf = (extent: Extent): Life | undefined => {
    const life = extent.memory === workspace ? lives.get(extent.begin) : undefined;
    return life?.beginsWritten && isWhole(extent, life.slice) ? life : undefined;
  };
  const places = new Map<ArenaSlice, ArenaSlice>();
  for (const [i, call] of calls.entries()) {
    const result = resultOf(call);
    const life = result && lifeOf(result);
    if (!life || life.first !== i) continue;
    const endsHere = (extent: Extent) => {
      const before = lifeOf(extent);
      return before !== undefined && before.first < i && before.last === i;
    };
    const operand = operandsFor(call, result).find(endsHere);
    if (!operand) continue;
    const { slice } = lifeOf(operand)!;
    places.set(life.slice, places.get(slice) ?? slice);
  }
  return { calls, places };
}

/** Where an element-wise call writes its result. */
function resultOf({ kernel, args }: RecordedCall): Extent | undefined {
  const result = elementwise[kernel] && args[elementwise[kernel].written];
  return isOperand(result) ? extentOf(result) : undefined;
}

/** The operands of an element-wise call that have as many numbers as its result, which then have the same places. */
function operandsFor(call: RecordedCall, result: Extent): readonly Extent[] {
  const operands = elementwise[call.kernel]!.read.map((name) => call.args[name])
    .filter(isOperand)
    .map(extentOf);
  const all = operandsOf(call).map(extentOf);
  return operands.filter(
    (one) =>
      one.end - one.begin === result.end - result.begin &&
      all.every((other) => !overlap(one, other) || (one.begin === other.begin && one.end === other.end)),
  );
}
