// @internal
import { badArgument } from '../core/errors.js';
import type { NumberRange } from '../core/ranges.js';
import { byName, type InputPreparation, type Preparation } from '../data/preparation/preparation.js';
import { tokenCountOf } from '../data/text/text-encoder.js';
import type { TensorType } from '../tensor/tensor.js';

/** An input of a net. */
interface RangedInput {
  readonly name: string;
  readonly dtype?: TensorType | undefined;
  readonly range?: NumberRange | undefined;
}

/**
 * Refuses texts and names whose numbers the layers of a net do not take, such as those of another vocabulary.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that tells how many numbers there are, and how many the net takes
 */
export function requireFit(inputs: readonly RangedInput[], preparation: Preparation | undefined): void {
  if (!preparation) return;
  const prepared = byName(preparation).inputs;
  const [only, ...others] = Object.values(prepared);
  for (const { name, dtype, range } of inputs) {
    if (dtype !== 'int32' || !range) continue;
    const given = Object.hasOwn(prepared, name) ? prepared[name] : others.length === 0 ? only : undefined;
    if (given) requireColumns(name, given, range[1] + 1);
  }
}

function requireColumns(input: string, { columns = [] }: InputPreparation, rows: number): void {
  for (const { name, text, categories = [], encoding } of columns) {
    const count = text ? tokenCountOf(text) : categories.length + Number(encoding === 'index');
    if (count <= rows) continue;
    const what = text ? 'numbers of tokens' : 'names';
    const place = input === '' ? 'the net' : `input '${input}' of the net`;
    const hint = `an EmbeddingLayer(${count}, …) fits`;
    throw badArgument(`column '${name}'`, `at most ${rows} ${what}, which ${place} takes,`, count, hint);
  }
}
