import { rival } from '../rivals.js';
import type { SequenceNet } from './nets.js';
import { predictSequences } from './predicting.js';

/** As much of brain.js's nets of time steps as is used here. */
interface TimeStepNet {
  initialize(): void;
  /** Adds the equations of one more step; `run` refuses a net that has none. */
  bindEquation(): void;
  run(sequence: readonly Float32Array[]): ArrayLike<number>;
}
interface Brain {
  readonly recurrent: Record<'LSTMTimeStep' | 'GRUTimeStep', new (options: object) => TimeStepNet>;
}

/**
 * brain.js's net of time steps with weights of its own: its cells have other gates. It runs only with as many outputs as
 * inputs, since it ends each sequence by a step of as many zeros as there are outputs.
 */
export const predictByBrain = predictSequences(
  ({ net }, { x }) => {
    const Net = rival<Brain>('brain.js').recurrent[net.name === 'gru' ? 'GRUTimeStep' : 'LSTMTimeStep'];
    const cell = net.layers[0] as { features: number; units: number };
    const own = new Net({ inputSize: cell.features, hiddenLayers: [cell.units], outputSize: cell.features });
    own.initialize();
    own.bindEquation();
    const sequence = stepsOf(net, x);
    return () => () => own.run(sequence);
  },
  { most: 1, note: 'other gates, as many outputs as inputs, weights of its own' },
);

/** The first row, step by step. */
function stepsOf({ steps, features }: SequenceNet, x: Float32Array): Float32Array[] {
  return Array.from({ length: steps }, (_, step) => x.slice(step * features, (step + 1) * features));
}
