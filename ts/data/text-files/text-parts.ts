// @internal

import { type AnyTensor, Tensor, type TensorType } from '../../tensor/tensor.js';
import { mapNamed } from '../by-name.js';
import { type Part, splitOrder } from '../part.js';
import { rowsOf } from '../rows.js';
import { TextWriter } from '../text/text-encoder.js';
import type { TextEncoding } from '../text/text-encoding.js';
import type { LabelledTexts } from './labelled-texts.js';

/** The texts of each set. */
export interface TextSets {
  readonly train: LabelledTexts;
  readonly test: LabelledTexts | undefined;
  readonly validation: LabelledTexts | undefined;
}

/** Sizes of the parts that are taken from the training texts; undefined for none. */
export interface TextShares {
  readonly split: number | undefined;
  readonly validation: number | undefined;
}

/** Takes test and validation texts from the training texts, at random by the seed. */
export function textSetsOf(
  { train, test }: Pick<TextSets, 'train' | 'test'>,
  { split, validation }: TextShares,
  seed: number,
): TextSets {
  const [rest, taken] = split === undefined ? [train, test] : divided(train, split, seed);
  const [others, chosen] = validation === undefined ? [rest, undefined] : divided(rest, validation, seed);
  return { train: others, test: taken, validation: chosen };
}

function divided(texts: LabelledTexts, k: number, seed: number): readonly [rest: LabelledTexts, taken: LabelledTexts] {
  const { train, test } = splitOrder(texts.texts.length, k, seed);
  const some = (order: Int32Array): LabelledTexts => ({
    ...texts,
    texts: Array.from(order, (i) => texts.texts[i]!),
    labels: Array.from(order, (i) => texts.labels[i]!),
  });
  return [some(train), some(test)];
}

/** The names of the classes, sorted: as numbers where all are numbers, else by their letters' codes. */
export function classesIn(labels: readonly string[]): readonly string[] {
  const names = [...new Set(labels)];
  const areNumbers = names.every((name) => Number.isFinite(Number(name)));
  return areNumbers ? names.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1)) : names.sort();
}

/**
 * Rows of texts, and the numbers of their classes.
 * @param numbersOf - the numbers of a text's tokens
 */
export function textPart(
  { texts, labels }: LabelledTexts,
  encodings: Readonly<Record<string, TextEncoding>>,
  classes: readonly string[],
  numbersOf: (text: string) => readonly number[],
): Part {
  const writers = Object.values(mapNamed(encodings, (encoding) => new TextWriter(encoding)));
  const tensors = mapNamed(encodings, ({ as, length }) => {
    const type: TensorType = as === 'tokens' || as === 'words' ? 'int32' : 'float32';
    return Tensor.zeros<TensorType>([texts.length, length], type) as AnyTensor;
  });
  const targets = Object.values(tensors);
  for (const [row, text] of texts.entries()) {
    const numbers = numbersOf(text);
    for (const [i, writer] of writers.entries()) {
      writer.writeNumbers(numbers, targets[i]!.data, row * targets[i]!.rowSize);
    }
  }
  const places = new Map(classes.map((name, place) => [name, place]));
  const numbers = Float32Array.from(labels, (name) => places.get(name)!);
  return { inputs: mapNamed(tensors, rowsOf), targets: { '': rowsOf(Tensor.from(numbers, [labels.length, 1])) } };
}
