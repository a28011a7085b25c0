// @internal
import { ConvLayer, FullyConnectedLayer } from '../../../layers/index.js';
import { sizeOf } from '../../../tensor/tensor.js';
import { Affine, isPerChannel, stretched } from '../affine.js';
import type { Chain } from '../chain.js';
import type { ConstantValue } from '../constant.js';
import type { OnnxNode } from '../node.js';
import { quote } from '../quote.js';
import { isIntegral, shapeArithmetic } from './shape-values.js';

/**
 * Add, Sub, Mul and Div of rows with a constant: a bias, or a part of the preparation, which stands in front of all layers
 * or behind them. Of shapes: integers.
 */
export function arithmetic(chain: Chain, node: OnnxNode): void {
  const [first, second] = [chain.input(node, 0), chain.input(node, 1)];
  if (isIntegral(first) && isIntegral(second)) {
    chain.give(node, shapeArithmetic(node, first, second));
    return;
  }
  if (first.kind === 'data' && second.kind === 'data') {
    const names = node.inputs.map((name) => quote(name));
    throw node.bad('a chain of layers without branches', `both ${names.join(' and ')}`);
  }
  const isFirst = first.kind === 'constant';
  const constant = isFirst ? first : second;
  if (constant.kind !== 'constant' || !constant.isFloat) {
    throw node.bad('rows and a constant of floats', `a ${first.kind} and a ${second.kind}`);
  }
  chain.data(node, isFirst ? 1 : 0);
  if (isNeutral(chain, node, constant, isFirst)) {
    chain.pass(node, chain.tip.shape, chain.tip.step);
    return;
  }
  if (node.operator === 'Add' && addToBias(chain, node, constant)) return;
  if (chain.steps.length === 0) {
    chain.entry ??= new Affine(node, chain.tip.shape, chain.budget);
    chain.entry.add(node, constant, chain.tip.shape, isFirst);
  } else {
    chain.exit ??= new Affine(node, chain.tip.shape, chain.budget);
    chain.exit.add(node, constant, chain.tip.shape, isFirst);
  }
  chain.pass(node);
}

/** Whether a number changes nothing, as in 1 · x, which exporters write for constants of activations. */
function isNeutral(chain: Chain, node: OnnxNode, constant: ConstantValue, isFirst: boolean): boolean {
  const { shape, values } = constant;
  const isSum = node.operator === 'Add' || node.operator === 'Sub';
  if (isFirst && (node.operator === 'Sub' || node.operator === 'Div')) return false;
  return values.length === 1 && shape.length <= chain.tip.shape.length && values[0] === (isSum ? 0 : 1);
}

/** Adds the constant to the bias of the layer whose output the rows are. @returns false where there is no such layer */
function addToBias(chain: Chain, node: OnnxNode, constant: ConstantValue): boolean {
  const { step, shape } = chain.tip;
  if (!step || !(step.layer instanceof FullyConnectedLayer || step.layer instanceof ConvLayer)) return false;
  const value = stretched(node, constant, shape);
  const { values } = step.weights.B!;
  if (!isPerChannel(constant, shape)) throw node.bad('a bias for each channel', 'a bias for each number');
  const share = sizeOf(shape) / values.length;
  for (let i = 0; i < values.length; i++) values[i]! += value(i * share);
  chain.pass(node, shape, step);
  return true;
}
