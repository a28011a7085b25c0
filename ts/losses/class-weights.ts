// @internal
import type { Operand } from '../runtime/runner.js';

/** The class weights of losses where all classes weigh 1. */
export const noClassWeights: Operand = { data: new Float64Array(0), shape: [0] };
