import type { Tensor } from 'blasnet';
import { classesOf } from './metrics.js';

/** A row that a net got wrong. */
export interface Mistake {
  readonly row: number;
  readonly real: number;
  readonly predicted: number;
}

/** The rows that a net got wrong, those first that it was surest of. */
export function mistakesOf(y: Tensor, probabilities: Tensor): Mistake[] {
  const predictions = classesOf(probabilities);
  const mistakes = classesOf(y).map((real, row) => ({ row, real, predicted: predictions[row]! }));
  const sureness = ({ row, predicted }: Mistake) => probabilities.data[row * probabilities.rowSize + predicted]!;
  return mistakes.filter(({ real, predicted }) => real !== predicted).sort((a, b) => sureness(b) - sureness(a));
}
