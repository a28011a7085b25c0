// @internal
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';
import { plain } from '../quote.js';
import { activationOperators } from './activations.js';
import { arithmetic } from './arithmetic.js';
import { gemm, matMul } from './dense.js';
import { averagePool, batchNormalization, convolution, globalAveragePool, maxPool, pad } from './images.js';
import {
  cast,
  concat,
  constant,
  dropout,
  flatten,
  gather,
  identity,
  reshape,
  shape,
  slice,
  squeeze,
} from './shapes.js';

/** What an operator does to a chain: reads the node's attributes and inputs, and says what its output is. */
type Operator = (chain: Chain, node: OnnxNode) => void;

const operators = new Map<string, Operator>(
  Object.entries({
    ...activationOperators,
    Gemm: gemm,
    MatMul: matMul,
    Conv: convolution,
    MaxPool: maxPool,
    AveragePool: averagePool,
    GlobalAveragePool: globalAveragePool,
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
  }),
);

/** @throws BlasnetError `ERR_BAD_FILE` that names the operator, where there is none of that name */
export function operatorOf(node: OnnxNode): Operator {
  const isOnnx = node.domain === '' || node.domain === 'ai.onnx';
  const found = isOnnx ? operators.get(node.operator) : undefined;
  if (found) return found;
  const name = plain(`${isOnnx ? '' : `${node.domain}.`}${node.operator}`);
  throw node.bad(`one of the operators ${[...operators.keys()].join(', ')}`, name);
}
