// @internal
import { badFile } from '../../../core/files.js';
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';
import { plain } from '../quote.js';
import { activationOperators } from './activations.js';
import { arithmetic } from './arithmetic.js';
import { gemm, matMul } from './dense.js';
import { averagePool, batchNormalization, convolution, globalAveragePool, maxPool, pad, reduceMean } from './images.js';
import { scaler, zipMap } from './learning.js';
import { concat, flatten, gather, reshape, shape, slice, squeeze } from './shapes.js';
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

const isStandard = ({ domain }: OnnxNode) => domain === '' || domain === 'ai.onnx';

/** The importer of a node; undefined for an operator that blasnet does not support. */
export function operatorOf(node: OnnxNode): Operator | undefined {
  if (isStandard(node)) return standard.get(node.operator);
  return node.domain === 'ai.onnx.ml' ? learning.get(node.operator) : undefined;
}

/** Limits on the nodes that an error lists. */
const most = { operators: 8, nodes: 3 } as const;

/**
 * Checks that blasnet supports the operators of all nodes.
 * @param patterns - nodes that are supported together with others
 * @throws BlasnetError `ERR_BAD_FILE` that lists the other operators, with the names of their nodes
 */
export function requireSupported(
  nodes: readonly OnnxNode[],
  patterns: ReadonlyMap<OnnxNode, unknown>,
  where: string,
): void {
  const found = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    if (operatorOf(node) || patterns.has(node)) continue;
    const name = plain(isStandard(node) ? node.operator : `${node.domain}.${node.operator}`);
    const others = found.get(name);
    if (others) others.push(node);
    else found.set(name, [node]);
  }
  if (found.size === 0) return;
  const listed = [...found].slice(0, most.operators).map(([name, users]) => {
    const titles = users.slice(0, most.nodes).map(({ title }) => title);
    const more = users.length > most.nodes ? ` and ${users.length - most.nodes} more` : '';
    return `${name} (${titles.join(', ')}${more})`;
  });
  const more = found.size > most.operators ? ` and ${found.size - most.operators} more operators` : '';
  throw badFile(
    where,
    'operators that blasnet can import (its docs/onnx.md lists them)',
    `${listed.join(', ')}${more}`,
  );
}
