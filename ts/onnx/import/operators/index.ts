// @internal
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';
import { activationOperators } from './activations.js';
import { arithmetic } from './arithmetic.js';
import { gemm, matMul } from './dense.js';
import { averagePool, batchNormalization, convolution, globalAveragePool, maxPool, pad, reduceMean } from './images.js';
import { scaler, zipMap } from './learning.js';
import { concat, flatten, gather, reshape, shape, slice, squeeze } from './shapes.js';
import { isStandard, requireOperators } from './supported.js';
import { cast, castLike, constant, dropout, identity } from './values.js';

/** Imports a node: reads its attributes and inputs, and sets its output in the chain. */
export type Operator = (chain: Chain, node: OnnxNode) => void;

/** The operators of the domain ai.onnx. */
const standard = new Map<string, Operator>(
  Object.entries({
    ...activationOperators,
    Gemm: gemm,
    MatMul: matMul,
    Conv: convolution,
    MaxPool: maxPool,
    AveragePool: averagePool,
    GlobalAveragePool: globalAveragePool,
    ReduceMean: reduceMean,
    BatchNormalization: batchNormalization,
    Pad: pad,
    Add: arithmetic,
    Sub: arithmetic,
    Mul: arithmetic,
    Div: arithmetic,
    Constant: constant,
    Identity: identity,
    Dropout: dropout,
    Flatten: flatten,
    Reshape: reshape,
    Shape: shape,
    Gather: gather,
    Slice: slice,
    Squeeze: squeeze,
    Unsqueeze: squeeze,
    Concat: concat,
    Cast: cast,
    CastLike: castLike,
  }),
);

/** The operators of the domain ai.onnx.ml, of scikit-learn's converter. */
const learning = new Map<string, Operator>(Object.entries({ Scaler: scaler, ZipMap: zipMap }));

/** The names of all operators that are imported one by one. */
export const operatorNames: readonly string[] = [...standard.keys(), ...learning.keys()];

/** The importer of a node; undefined for an operator that blasnet does not support. */
export function operatorOf(node: OnnxNode): Operator | undefined {
  if (isStandard(node)) return standard.get(node.operator);
  return node.domain === 'ai.onnx.ml' ? learning.get(node.operator) : undefined;
}

/**
 * Checks that a chain may have the operators of all nodes.
 * @param patterns - nodes that are supported together with others
 * @throws BlasnetError `ERR_BAD_FILE` that lists the other operators, with the names of their nodes
 */
export function requireSupported(
  nodes: readonly OnnxNode[],
  patterns: ReadonlyMap<OnnxNode, unknown>,
  where: string,
): void {
  requireOperators(nodes, (node) => operatorOf(node) !== undefined || patterns.has(node), where);
}
