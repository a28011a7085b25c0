// @internal
import {
  type Activation,
  ActivationLayer,
  type ActivationOptions,
  ClassificationLayer,
} from '../../../layers/index.js';
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';
import { quote } from '../quote.js';

type Operator = (chain: Chain, node: OnnxNode) => void;

/** The operator of an activation; `options` reads its attributes. */
const activation =
  (options: (node: OnnxNode) => Activation | ActivationOptions): Operator =>
  (chain, node) => {
    chain.data(node);
    chain.add(
      node,
      node.naming(() => new ActivationLayer(options(node))),
    );
  };

/** The operators that are one activation each, by name. */
export const activationOperators: Readonly<Record<string, Operator>> = {
  Relu: activation(() => 'relu'),
  Sigmoid: activation(() => 'sigmoid'),
  Tanh: activation(() => 'tanh'),
  Softplus: activation(() => 'softplus'),
  LeakyRelu: activation((node) => ({ name: 'leakyRelu', slope: node.float('alpha', 0.01) })),
  Elu: activation((node) => ({ name: 'elu', alpha: node.float('alpha', 1) })),
  Gelu: activation((node) => {
    const kind = node.string('approximate', 'none');
    if (kind !== 'none') throw node.bad("approximate = 'none'", quote(kind));
    return 'gelu';
  }),
  Swish: activation((node) => {
    const alpha = node.float('alpha', 1);
    if (alpha !== 1) throw node.bad('alpha = 1', `${alpha}`);
    return 'silu';
  }),
  Selu: activation((node) => {
    for (const [name, expected] of Object.entries({ alpha: 1.6732632, gamma: 1.050701 })) {
      const value = node.float(name, expected);
      if (Math.abs(value - expected) > 1e-5) throw node.bad(`${name} = ${expected}`, `${value}`);
    }
    return 'selu';
  }),
  HardSigmoid: activation((node) => {
    const alpha = node.float('alpha', 0.2);
    // The default of layers has no short decimal.
    const isSixth = Math.fround(alpha) === Math.fround(1 / 6);
    return { name: 'hardSigmoid', alpha: isSixth ? 1 / 6 : alpha, beta: node.float('beta', 0.5) };
  }),
  HardSwish: activation(() => 'hardSwish'),
  Mish: activation(() => 'mish'),
  Softsign: activation(() => 'softsign'),
  Clip: clip,
  Softmax: softmax,
};

/** Clip from 0 to 6. */
function clip(chain: Chain, node: OnnxNode): void {
  chain.data(node);
  const bounds = [
    chain.optionalConstant(node, 1)?.values[0] ?? node.float('min', Number.NEGATIVE_INFINITY),
    chain.optionalConstant(node, 2)?.values[0] ?? node.float('max', Number.POSITIVE_INFINITY),
  ];
  if (bounds[0] !== 0 || bounds[1] !== 6) throw node.bad('Clip from 0 to 6', `${bounds[0]} to ${bounds[1]}`);
  chain.add(node, new ActivationLayer('relu6'));
}

/** Softmax over all numbers of a row, or of each step. Before operator set 13, axis 1 meant all numbers of images, too. */
function softmax(chain: Chain, node: OnnxNode): void {
  const { shape } = chain.data(node);
  const isOld = chain.graph.opset < 13;
  const axis = node.int('axis', isOld ? 1 : -1);
  const isWhole = shape.length === 1 ? axis === 1 || axis === -1 : shape.length > 2 && isOld && axis === 1;
  const isOfSteps = shape.length === 2 && chain.rowShape.length === 2 && (axis === -1 || axis === 2);
  if (!isWhole && !isOfSteps)
    throw node.bad('Softmax over all numbers of a row', `axis ${axis} of rows of [${shape.join(', ')}]`);
  chain.add(node, new ClassificationLayer('softmax'));
}
