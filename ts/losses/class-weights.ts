// @internal
import type { Operand } from '../runner.js';

/** What losses are given where all rows count 1. */
export const noClassWeights: Operand = { data: new Float64Array(0), shape: [0] };
