// @internal
import { optionalNumber, word } from '../core/constants.js';

/** The output above which the answer is yes; by default 0.5, and 0 for the loss 'hinge'. */
export const threshold = optionalNumber;

/** How the figures of several classes make one. */
export const average = word('macro', ['macro', 'micro', 'weighted']);
