// @internal
import { finite, word } from '../constants.js';

/** The output above which the answer is yes. Outputs that are no probabilities may have any. */
export const threshold = finite(0.5);

/** How the figures of several classes make one. */
export const average = word('macro', ['macro', 'micro', 'weighted']);
