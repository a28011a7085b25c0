import type { NetType } from '../../core/net-type.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { OutputPreparation } from './preparation.js';
import { restoreLabels } from './prepare.js';

/** A net's answers for raw rows. */
export interface Prediction {
  /** Outputs, rows × outputs: labels as they are in the file for fitting, probabilities for classifiers. */
  readonly outputs: Tensor;
  /** The most probable class of each row: its name, or its number if it has no name. Classifiers only. */
  readonly classes?: readonly string[];
}

/** Makes answers from a net's outputs. */
export function predictionOf({ y, classes }: OutputPreparation, netType: NetType, outputs: Tensor): Prediction {
  if (netType === 'fitting') return { outputs: y ? restoreLabels(y, outputs) : outputs };
  const width = outputs.rowSize;
  // Several outputs of sigmoid are answers to several questions.
  if (netType === 'binaryClassifier' && width !== 1) return { outputs };
  const answers = Array.from({ length: outputs.rows }, (_, row) => {
    const answer = width === 1 ? Number(outputs.data[row]! > 0.5) : largest(outputs, row * width, width);
    return classes?.[answer] ?? String(answer);
  });
  return { outputs, classes: answers };
}

/** The place of the largest of `width` numbers from `at` on; the first of several. */
function largest({ data }: Tensor, at: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if (data[at + i]! > data[at + best]!) best = i;
  return best;
}
