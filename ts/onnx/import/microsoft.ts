// @internal
import type { GraphImport } from './graph-import.js';
import type { OnnxNode } from './node.js';
import type { GraphOperator, Operators } from './node-table.js';
import * as families from './nodes/index.js';
import { biasIn, numbersIn, withNumbers } from './quantized/numbers.js';

const { activationNodes, arithmeticNodes, movementNodes, poolNodes, productNodes, quantizedNodes } = families;

/** QGemm: a fully connected layer, whose result may be floats. */
function gemm(state: GraphImport, node: OnnxNode): void {
  const isTurned = node.int('transB', 0) !== 0;
  const bias = state.has(node, 6) ? [biasIn(state, node, 6, node.float('alpha', 1))] : [];
  const values = [numbersIn(state, node, 0, -1), numbersIn(state, node, 3, isTurned ? 0 : 1), ...bias];
  withNumbers(state, node, productNodes.Gemm!, values, state.has(node, 7) ? 7 : undefined);
}

/** An operator on so many values of bytes, each with its scale and its zero; those of the result follow. */
const onBytes =
  (operator: GraphOperator, count: number): GraphOperator =>
  (state, node) => {
    node.requireInt('channels_last', 0, [0]);
    const opset = node.int('opset', state.graph.opset);
    if (opset < 13 !== state.graph.opset < 13) throw node.bad(`operator set ${state.graph.opset}`, `${opset}`);
    const values = Array.from({ length: count }, (_, i) => numbersIn(state, node, 3 * i, -1));
    withNumbers(state, node, operator, values, 3 * count);
  };

/** QLinearConcat has the scale and the zero of its result in front. */
function concat(state: GraphImport, node: OnnxNode): void {
  const count = Math.floor((node.inputs.length - 2) / 3);
  const values = Array.from({ length: count }, (_, i) => numbersIn(state, node, 2 + 3 * i, -1));
  withNumbers(state, node, movementNodes.Concat!, values, 0);
}

/** Operators that onnxruntime's tools write in a domain of their own, `com.microsoft`. */
export const microsoftNodes: Operators = {
  QuantizeLinear: quantizedNodes.QuantizeLinear!,
  DequantizeLinear: quantizedNodes.DequantizeLinear!,
  QGemm: gemm,
  QLinearAdd: onBytes(arithmeticNodes.Add!, 2),
  QLinearMul: onBytes(arithmeticNodes.Mul!, 2),
  QLinearSigmoid: onBytes(activationNodes.Sigmoid!, 1),
  QLinearLeakyRelu: onBytes(activationNodes.LeakyRelu!, 1),
  QLinearSoftmax: onBytes(activationNodes.Softmax!, 1),
  QLinearAveragePool: onBytes(poolNodes.AveragePool!, 1),
  QLinearGlobalAveragePool: onBytes(poolNodes.GlobalAveragePool!, 1),
  QLinearConcat: concat,
};
