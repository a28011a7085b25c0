// @internal
import { FullyConnectedLayer } from '../../../layers/index.js';
import { stretched } from '../affine.js';
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';

/** Gemm, α · A · B + β · C, where A is the rows: a fully connected layer. */
export function gemm(chain: Chain, node: OnnxNode): void {
  node.requireInt('transA', 0, [0]);
  const isTransposed = node.int('transB', 0) !== 0;
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  connect(chain, node, { isTransposed, alpha, bias: { index: 2, factor: beta } });
}

/** MatMul of rows and a constant: a fully connected layer without a bias; an Add behind it brings one. */
export function matMul(chain: Chain, node: OnnxNode): void {
  connect(chain, node, { isTransposed: false, alpha: 1 });
}

interface Product {
  readonly isTransposed: boolean;
  readonly alpha: number;
  readonly bias?: { readonly index: number; readonly factor: number };
}

function connect(chain: Chain, node: OnnxNode, { isTransposed, alpha, bias }: Product): void {
  const { shape } = chain.data(node);
  const { shape: dims, values, isFloat } = chain.constant(node, 1);
  if (dims.length !== 2 || !isFloat) throw node.bad('a matrix of weights', `shape [${dims.join(', ')}]`);
  const [inputs, outputs] = isTransposed ? [dims[1]!, dims[0]!] : [dims[0]!, dims[1]!];
  if (shape.length !== 1 || shape[0] !== inputs) {
    throw node.bad(`rows of ${inputs} numbers for its weights`, `rows of shape [${shape.join(', ')}]`);
  }
  const layer = node.naming(() => new FullyConnectedLayer(inputs, outputs));
  const weights = chain.floats(inputs * outputs);
  for (let i = 0, at = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++, at++) weights[at] = alpha * values[isTransposed ? j * inputs + i : at]!;
  }
  const biases = chain.floats(outputs);
  const given = bias && chain.optionalConstant(node, bias.index);
  if (given) {
    const value = stretched(node, given, [outputs]);
    biases.forEach((_, j) => {
      biases[j] = bias.factor * value(j);
    });
  }
  chain.add(node, layer, [outputs], {
    W: { shape: [inputs, outputs], values: weights },
    B: { shape: [1, outputs], values: biases },
  });
}
