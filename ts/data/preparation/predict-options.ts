import { badArgument } from '../../core/errors.js';
import { checkOptions } from '../../core/fields.js';

/** Options of `net.predict` and `net.predictSync`. */
export interface PredictOptions {
  /**
   * A name that no row of the training data had, in a one-hot column: 'error' (default) refuses the row, 'zero' sets all
   * columns of the encoding to 0.
   */
  readonly unseen?: 'error' | 'zero' | undefined;
}

/**
 * The options with their defaults.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option or value
 */
export function checkedPredictOptions(options: PredictOptions): PredictOptions {
  checkOptions(options, ['unseen']);
  const { unseen = 'error' } = options;
  if (unseen !== 'error' && unseen !== 'zero') {
    throw badArgument('unseen', "'error' or 'zero'", unseen);
  }
  return { unseen };
}
